import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '../../secret';
import { REGION } from './container';

const hash = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const mac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

type Unsigned = { method: string; path: string; query: [string, string][]; host: string; body: Buffer };

const escaped = (text: string): string =>
	encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** A query in the order and form in which it is signed and sent. */
export function canonicalQuery(query: [string, string][]): string {
	return query
		.map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
		.sort()
		.join('&');
}

/** Headers that sign a request by AWS' Signature Version 4, its body included. */
export function signedHeaders(
	{ method, path, query, host, body }: Unsigned,
	login: { user: string; secret: Secret },
	now: Date,
): Record<string, string> {
	const time = now.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
	const scope = `${time.slice(0, 8)}/${REGION}/s3/aws4_request`;
	const headers = { host, 'x-amz-content-sha256': hash(body), 'x-amz-date': time };
	const names = Object.keys(headers).sort().join(';');
	const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
	const request = [method, path, canonicalQuery(query), lines.join(''), names, hash(body)].join('\n');
	const day = mac(`AWS4${login.secret.reveal()}`, time.slice(0, 8));
	const key = mac(mac(mac(day, REGION), 's3'), 'aws4_request');
	const signature = mac(key, ['AWS4-HMAC-SHA256', time, scope, hash(request)].join('\n')).toString('hex');
	return {
		...headers,
		authorization: `AWS4-HMAC-SHA256 Credential=${login.user}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
	};
}
