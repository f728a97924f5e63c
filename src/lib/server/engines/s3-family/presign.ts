import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { uriPart } from '$lib/shared/connection/quote';
import type { StorageAccess } from '../storage';
import { isOwnKey } from './key-material';
import { encodeKey } from './paths';

/**
 * The Host header that addresses are signed for. It is always the same, since the port that Docker publishes may change while a link is
 * valid; engines take any host with the bucket in the path.
 */
export const SIGNED_HOST = 's3.sh0.internal';

type Presigned = {
	method: 'GET' | 'HEAD' | 'PUT';
	bucket: string;
	key: string;
	/** More of the query, such as an upload's id. */
	query?: Record<string, string>;
	/** At most 7 days. */
	expiresInSeconds: number;
};

/** A query as S3 signs and reads it. */
export function queryText(query: Iterable<[string, string]>): string {
	return [...query].map(([name, value]) => `${uriPart(name)}=${uriPart(value)}`).join('&');
}

/**
 * The query by which this one request is allowed to whoever sends it with the Host `SIGNED_HOST`, until it expires; a body is not looked
 * at. It holds no secret, but it is one while it is valid.
 */
export async function presign(
	access: Pick<StorageAccess, 'region' | 'accessKeyId' | 'secretAccessKey'>,
	{ method, bucket, key, query = {}, expiresInSeconds }: Presigned,
	now = new Date(),
): Promise<[string, string][]> {
	const signer = new SignatureV4({
		...{ service: 's3', region: access.region, sha256: Sha256 },
		// S3 escapes a path once, and reads `..` and `//` as they are.
		...{ uriEscapePath: false, applyChecksum: false },
		credentials: { accessKeyId: access.accessKeyId, secretAccessKey: access.secretAccessKey.reveal() },
	});
	const signed = await signer.presign(
		{
			...{ method, protocol: 'http:', hostname: SIGNED_HOST, path: `/${bucket}/${encodeKey(key)}`, query },
			headers: { host: SIGNED_HOST, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
		},
		{ expiresIn: expiresInSeconds, signingDate: now, unsignableHeaders: new Set(['x-amz-content-sha256']) },
	);
	return Object.entries(signed.query ?? {}).flatMap(([name, value]): [string, string][] =>
		typeof value === 'string' ? [[name, value]] : [],
	);
}

/** What `presign` adds to a query, in its spelling. */
const signedNames = [
	...['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-Signature'],
	...['X-Amz-SignedHeaders', 'x-amz-content-sha256'],
].sort();

/**
 * True for a query that says it was made by `presign` for a key of sh0's own, and asks for nothing else: each of its parameters once and no
 * other. Whether the signature is right is for the engine to say.
 */
export function isOwnSignature(query: [string, string][]): boolean {
	const names = query.map(([name]) => name).sort();
	const credential = query.find(([name]) => name === 'X-Amz-Credential')?.[1] ?? '';
	return names.join() === signedNames.join() && isOwnKey(credential);
}
