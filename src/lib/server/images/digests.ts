import { eq } from 'drizzle-orm';
import { writeTransaction, type Db } from '../db/client';
import { imageDigests } from '../db/schema/index';

/** Which digest an official reference stood for when this installation first pulled it. */
export interface ImageDigests {
	find(ref: string): string | undefined;
	/**
	 * Keeps what is there already, for a tag that moves later must not change what runs here, unless a person asked for a newer one:
	 * then `isWanted` is true.
	 */
	record(ref: string, digest: string, isWanted?: boolean): void;
}

/** The digests in the table `image_digests`. */
export function createImageDigests(db: Db): ImageDigests {
	return {
		find(ref) {
			return db.select().from(imageDigests).where(eq(imageDigests.ref, ref)).get()?.digest;
		},
		record(ref, digest, isWanted = false) {
			const row = { ref, digest, recordedAt: new Date() };
			writeTransaction(db, (tx) => {
				const insert = tx.insert(imageDigests).values(row);
				if (isWanted) insert.onConflictDoUpdate({ target: imageDigests.ref, set: row }).run();
				else insert.onConflictDoNothing().run();
			});
		},
	};
}
