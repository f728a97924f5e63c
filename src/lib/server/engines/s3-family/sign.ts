import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Secret } from '../../secret';
import { queryText } from './presign';

export type Unsigned = {
	/** What the signature is for, such as `s3` or `iam`. */
	service: string;
	method: string;
	/** Encoded. */
	path: string;
	query: Record<string, string>;
	/** As the server sees it, with its port. */
	host: string;
	headers?: Record<string, string>;
	body: Buffer;
};

/** An engine's own request, signed by AWS' Signature Version 4 with its body: the headers, and the path with its query. */
export async function signRequest(
	{ service, method, path, query, host, headers = {}, body }: Unsigned,
	login: { region: string; id: string; secret: Secret },
): Promise<{ headers: Record<string, string>; path: string }> {
	const signer = new SignatureV4({
		...{ service, region: login.region, sha256: Sha256, uriEscapePath: false },
		credentials: { accessKeyId: login.id, secretAccessKey: login.secret.reveal() },
	});
	const request = { method, protocol: 'http:', hostname: host, path, query, body };
	const signed = await signer.sign({ ...request, headers: { ...headers, host } });
	const pairs = Object.entries(query);
	return { headers: signed.headers, path: pairs.length === 0 ? path : `${path}?${queryText(pairs)}` };
}
