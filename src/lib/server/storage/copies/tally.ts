import type { BegunUpload, CopyFinding, LeftBehind } from '$lib/shared/storage-copies';
import type { Db } from '../../db/client';
import type { Lost } from '../../engines/s3-family/copy/transfer';
import { findingsOf, saveProgress, type BucketRow, type FindingRow } from './repository';

/** What became of one object. `gone`: the source has it no more. */
export type Result =
	| { kind: 'same' | 'gone' }
	| { kind: 'copied'; sizeBytes: number; lost: Lost }
	| { kind: 'finding'; finding: CopyFinding; reason: string };

const SAVE_EVERY_MS = 500;

/**
 * How far one bucket is. Objects of a page end in any order; they are counted in the list's, and the cursor goes with them, so that what is
 * stored is right at any moment: all up to the cursor is counted once, and nothing behind it.
 */
export class Tally {
	readonly #db: Db;
	readonly row: BucketRow;
	#findings: FindingRow[] = [];
	#waiting: { keys: readonly string[]; results: (Result | undefined)[]; next: number } = {
		...{ keys: [], results: [], next: 0 },
	};
	#savedAtMs = Date.now();
	#bytesSince = 0;

	constructor(db: Db, row: BucketRow) {
		this.#db = db;
		this.row = row;
	}

	/** The keys that come next, in the list's order. */
	beginPage(keys: readonly string[]): void {
		this.#waiting = { keys, results: Array.from(keys, () => undefined), next: 0 };
	}

	/** What became of the object at this place of the page. */
	end(index: number, result: Result): void {
		const page = this.#waiting;
		page.results[index] = result;
		for (let done = page.results[page.next]; done !== undefined; done = page.results[page.next]) {
			const key = page.keys[page.next] ?? '';
			this.#count(key, done);
			this.row.cursor = key;
			page.next += 1;
		}
		this.saveNowAndThen();
	}

	/** Bytes that go by, for the rate alone. */
	moved(bytes: number): void {
		this.#bytesSince += bytes;
		this.saveNowAndThen();
	}

	/** Null when none is under way. */
	upload(key: string): BegunUpload | null {
		const { uploads } = this.row;
		return Object.hasOwn(uploads, key) ? (uploads[key] ?? null) : null;
	}

	/** As far as they are on record. */
	refusedKeys(): Set<string> {
		this.save();
		const findings = [...findingsOf(this.#db, this.row).values()];
		return new Set(findings.flatMap(({ key, finding }) => (finding === 'refused' ? [key] : [])));
	}

	keepUpload(key: string, upload: BegunUpload | null): void {
		const { [key]: _former, ...others } = this.row.uploads;
		this.row.uploads = upload === null ? others : { ...others, [key]: upload };
		this.save();
	}

	saveNowAndThen(): void {
		if (Date.now() - this.#savedAtMs >= SAVE_EVERY_MS) this.save();
	}

	save(): void {
		const elapsedMs = Math.max(1, Date.now() - this.#savedAtMs);
		const now = (this.#bytesSince * 1_000) / elapsedMs;
		// Half of what it was, so that the number does not jump; a save that follows at once tells nothing.
		if (elapsedMs >= SAVE_EVERY_MS) {
			this.row.bytesPerSecond = Math.round((this.row.bytesPerSecond + now) / 2);
			this.#bytesSince = 0;
			this.#savedAtMs = Date.now();
		}
		saveProgress(this.#db, this.row, this.#findings);
		this.#findings = [];
	}

	#count(key: string, result: Result): void {
		const { row } = this;
		row.seen += 1;
		switch (result.kind) {
			case 'same':
				row.same += 1;
				return;
			case 'gone':
				return;
			case 'copied':
				row.copied += 1;
				row.copiedBytes += result.sizeBytes;
				if (result.lost.hasTags) this.#leave('tags');
				if (result.lost.isLocked) this.#leave('lock');
				return;
			case 'finding':
				row[result.finding] += 1;
				this.#findings.push({
					...{ copyId: row.copyId, position: row.position, key },
					...{ finding: result.finding, reason: result.reason },
				});
		}
	}

	#leave(what: LeftBehind): void {
		this.row.leftBehind = { ...this.row.leftBehind, [what]: (this.row.leftBehind[what] ?? 0) + 1 };
	}
}
