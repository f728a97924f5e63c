import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { ask, TransferFault, type Side } from './client';

/**
 * An object's tags, as a header writes them; null when it has none, or when the source does not let them be read. `count`: what an answer
 * about the object said, which is nothing where there are none. Throws TransferFault when the source does not answer.
 */
export async function tagsOf(
	{ role, s3, bucket }: Side,
	{ key, count }: { key: string; count: number | undefined },
	signal: AbortSignal,
): Promise<string | null> {
	if (count === undefined || count === 0) return null;
	try {
		const { TagSet = [] } = await ask(role, signal, (options) =>
			s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key }), options),
		);
		const pairs = TagSet.map(({ Key = '', Value = '' }) => [Key, Value]);
		return pairs.length === 0 ? null : new URLSearchParams(pairs).toString();
	} catch (error) {
		if (error instanceof TransferFault && error.kind === 'refused') return null;
		throw error;
	}
}

/** True for tags that one server takes and another does not: there are some that know ASCII alone. */
export function isTagRefusal(error: unknown): boolean {
	return error instanceof TransferFault && error.role === 'target' && error.code === 'InvalidTag';
}
