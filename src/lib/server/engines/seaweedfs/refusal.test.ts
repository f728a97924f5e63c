import { describe, expect, it } from 'vitest';
import { refusal } from './refusal';

function rule(method: string, path: string, query = ''): string | null {
	return refusal({ method, path, query: new URLSearchParams(query), headers: [] });
}

describe('requests that never reach the server', () => {
	it.each([
		['accounts', 'POST', '/', '', 'account service'],
		['accounts, with slashes', 'POST', '//', '', 'account service'],
		['accounts, escaped', 'POST', '/%2F', '', 'account service'],
		['temporary logins', 'POST', '/', 'Action=AssumeRoleWithWebIdentity', 'account service'],
		['temporary logins by another method', 'GET', '/', 'Action=GetCallerIdentity', 'token service'],
		['a key with an empty part', 'PUT', '/bucket/a//b', '', 'empty part'],
		['one that begins with it', 'PUT', '/bucket//a', '', 'empty part'],
		['one that is escaped', 'PUT', '/bucket/a%2F%2Fb', '', 'empty part'],
		[
			'the disk’s size',
			'GET',
			'/b/.system-d26a9498-cb7c-4a87-a44a-8ae204f5ba6c/capacity.xml',
			'',
			'system folder',
		],
	])('%s', (_what, method, path, query, expected) => expect(rule(method, path, query)).toBe(expected));
});

describe('requests that pass', () => {
	it.each([
		['a list of buckets', 'GET', '/', ''],
		['an upload', 'PUT', '/bucket/a/b', ''],
		['a folder', 'PUT', '/bucket/dir/', ''],
		['an upload in parts', 'POST', '/bucket/key', 'uploads'],
		['the removal of many', 'POST', '/bucket', 'delete'],
		['a path that is no UTF-8', 'GET', '/bucket/%ff', ''],
	])('%s', (_what, method, path, query) => expect(rule(method, path, query)).toBeNull());
});
