import type { Copy, CopySource } from '$lib/actions/copies';
import { bucketNameProblem } from '$lib/shared/storage-names';

/** One bucket of the source in the form. */
export type BucketChoice = {
	source: string;
	target: string;
	isChosen: boolean;
	isIntoExisting: boolean;
	objects: number | null;
	sizeBytes: number | null;
};

type Found = { name: string; objects: number | null; sizeBytes: number | null };

/**
 * The source's buckets as the form begins with them: all are chosen, under their own names as far as those are allowed here. After a
 * former copy its buckets are, under the names that they had, into what is there.
 */
export function choicesOf(found: readonly Found[], former: Copy | undefined): BucketChoice[] {
	return found.map(({ name, objects, sizeBytes }) => {
		const earlier = former?.buckets.find(({ source }) => source === name);
		return {
			...{ source: name, objects, sizeBytes },
			target: earlier?.target ?? (bucketNameProblem(name) === null ? name : suggested(name)),
			isChosen: former === undefined || earlier !== undefined,
			isIntoExisting: earlier !== undefined,
		};
	});
}

/** A name that is allowed for one that is not, such as of an old bucket; empty when none comes to mind. */
export function suggested(name: string): string {
	const text = name
		.toLowerCase()
		.replace(/[^a-z0-9-]+/g, '-')
		.replace(/^-+|-+$/g, '');
	return bucketNameProblem(text) === null ? text : '';
}

/** Names that were typed, one a line. */
export function namesIn(text: string): string[] {
	return [...new Set(text.split(/[\s,]+/).filter((name) => name !== ''))];
}

export type OutsideDraft = Omit<Extract<CopySource['source'], { kind: 'outside' }>, 'kind'>;

export const emptyOutside: OutsideDraft = {
	...{ endpoint: '', region: 'us-east-1', accessKeyId: '', isPathStyle: true, isInOwnNetwork: false },
};
