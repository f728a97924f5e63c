import { eq } from 'drizzle-orm';
import { writeTransaction, type Db } from '../db/client';
import { imageDigests } from '../db/schema/index';

/** Which digest an official reference stood for when this installation first pulled it. */
export interface ImageDigests {
	find(ref: string): string | undefined;
	/** Keeps what is there already: a tag that moves later must not change what runs here. */
	record(ref: string, digest: string): void;
}

/** The digests in the table `image_digests`. */
export function createImageDigests(db: Db): ImageDigests {
	return {
		find(ref) {
			return db.select().from(imageDigests).where(eq(imageDigests.ref, ref)).get()?.digest;
		},
		record(ref, digest) {
			const row = { ref, digest, recordedAt: new Date() };
			writeTransaction(db, (tx) => tx.insert(imageDigests).values(row).onConflictDoNothing().run());
		},
	};
}
