import { describe, expect, it } from 'vitest';
import type { RequestHead } from '../storage';
import { refusal } from './refusal';

const trailer: [string, string] = ['x-amz-content-sha256', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'];
const signed: [string, string] = ['authorization', 'AWS4-HMAC-SHA256 Credential=x'];

function head(change: Omit<Partial<RequestHead>, 'query'> & { query?: string }): RequestHead {
	return {
		method: change.method ?? 'PUT',
		path: change.path ?? '/bucket/key',
		query: new URLSearchParams(change.query ?? ''),
		headers: change.headers ?? [signed],
	};
}

describe('requests that never reach the server', () => {
	it.each<[string, Parameters<typeof head>[0], string]>([
		[
			'an unsigned trailer signed in the query',
			{ headers: [trailer], query: 'X-Amz-Signature=x' },
			'unsigned trailer',
		],
		[
			'an unsigned trailer with an empty signature',
			{ headers: [trailer, ['authorization', ' ']] },
			'unsigned trailer',
		],
		[
			'an unsigned trailer in another spelling',
			{ headers: [['x-amz-content-sha256', 'streaming-unsigned-payload-trailer']] },
			'unsigned trailer',
		],
		[
			'an archive to unpack',
			{ headers: [signed, ['x-amz-meta-snowball-auto-extract', 'true']] },
			'auto-extract',
		],
		['one by another name', { headers: [signed, ['x-minio-snowball-auto-extract', 'true']] }, 'auto-extract'],
		[
			'a replica',
			{ headers: [signed, ['x-minio-replication-actual-object-size', '1']] },
			'replication header',
		],
		['a source', { headers: [signed, ['x-minio-source-mtime', '1']] }, 'replication header'],
		['two signatures', { headers: [signed, signed] }, 'repeated header'],
		['two hashes', { headers: [signed, trailer, ['x-amz-content-sha256', 'x']] }, 'repeated header'],
		['a question to an object', { method: 'POST', query: 'select&select-type=2' }, 'select'],
		['the token service', { method: 'POST', path: '/' }, 'token service'],
		[
			'the token service by its query',
			{ method: 'POST', path: '/a', query: 'Action=AssumeRole' },
			'token service',
		],
		['the admin API', { method: 'GET', path: '/minio/admin/v3/info' }, 'internal path'],
		['the admin API, escaped', { method: 'GET', path: '/%6Dinio/admin/v3/info' }, 'internal path'],
		['the admin API, with slashes', { method: 'GET', path: '//minio//admin/v3/info' }, 'internal path'],
		['metrics', { method: 'GET', path: '/minio/v2/metrics/cluster' }, 'internal path'],
		['a change of health', { method: 'POST', path: '/minio/health/live' }, 'internal path'],
	])('%s', (_what, change, rule) => expect(refusal(head(change))).toBe(rule));
});

describe('requests that pass', () => {
	it.each<[string, Parameters<typeof head>[0]]>([
		['an upload', {}],
		['a stream as the SDK sends it', { headers: [trailer, signed] }],
		['a signed link', { method: 'GET', headers: [], query: 'X-Amz-Signature=x' }],
		['an upload in parts', { method: 'POST', query: 'uploads' }],
		['the removal of many', { method: 'POST', path: '/bucket', query: 'delete' }],
		['metadata of an app', { headers: [signed, ['x-amz-meta-source-mtime', '1']] }],
		['a bucket whose name begins so', { path: '/minio-data/key' }],
		['health', { method: 'GET', path: '/minio/health/live', headers: [] }],
		['a path that is no UTF-8', { path: '/bucket/%ff' }],
	])('%s', (_what, change) => expect(refusal(head(change))).toBeNull());
});
