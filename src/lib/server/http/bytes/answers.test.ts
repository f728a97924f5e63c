import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { attachment, downloadHeaders, isPassed, linkHeaders, previewHeaders } from './answers';

const answerOf = (headers: Record<string, string>, status = 200) => ({
	...{ status, headers },
	body: new IncomingMessage(new Socket()),
});

const hostile = answerOf({
	'content-type': 'text/html',
	'content-length': '5',
	'set-cookie': 'sh0_session=stolen',
	'content-security-policy': 'default-src *',
	'x-content-type-options': '',
	'access-control-allow-origin': '*',
	'access-control-allow-credentials': 'true',
	'clear-site-data': '"cookies"',
	location: 'https://evil.example',
	'x-amz-request-id': 'r',
});

const bucketUrl = 'https://panel.example/s3/svc_a/shop/';

describe('the name a download is saved under', () => {
	it.each([
		['a/b/plain.txt', `attachment; filename="plain.txt"; filename*=UTF-8''plain.txt`],
		['é 😀.txt', `attachment; filename="_ __.txt"; filename*=UTF-8''%C3%A9%20%F0%9F%98%80.txt`],
		[
			`q"\\;\r\nset-cookie: x`,
			`attachment; filename="q_____set-cookie_ x"; filename*=UTF-8''q%22%5C%3B%0D%0Aset-cookie%3A%20x`,
		],
		[`it's (1)*`, `attachment; filename="it_s _1__"; filename*=UTF-8''it%27s%20%281%29%2A`],
		['folder/', `attachment; filename="folder"; filename*=UTF-8''folder`],
		['//', `attachment; filename="object"; filename*=UTF-8''object`],
	])('of %j', (key, header) => expect(attachment(key)).toBe(header));
});

it.each([
	['a download', downloadHeaders(hostile, 'a.html')],
	['a preview', previewHeaders(hostile, 'text/plain')],
	['a signed link', linkHeaders(hostile, { isSigned: true })],
	['a public link', linkHeaders(hostile, { isSigned: false, bucketUrl })],
])('%s passes on nothing by which an object acts as a page of ours', (_what, headers) => {
	for (const name of ['set-cookie', 'clear-site-data', 'location', 'access-control-allow-credentials'])
		expect(headers[name]).toBeUndefined();
	expect(headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox/);
	expect(headers['x-content-type-options']).toBeUndefined();
});

it('saves an object as bytes, whatever it was said to be', () => {
	const script = answerOf({ 'content-type': 'text/javascript' });
	expect(downloadHeaders(script, 'a.js')['content-type']).toBe('application/octet-stream');
});

it('lets browsers keep what is public, and no signed answer', () => {
	const cached = answerOf({ 'cache-control': 'public, max-age=60' });
	expect(linkHeaders(cached, { isSigned: false, bucketUrl })['cache-control']).toBe('public, max-age=60');
	expect(linkHeaders(cached, { isSigned: true })['cache-control']).toBe('private, no-store');
	expect(downloadHeaders(cached, 'a')['cache-control']).toBe('private, no-store');
});

it('lets a page of a public bucket load pictures and films of that bucket, and nothing else', () => {
	const { 'content-security-policy': policy } = linkHeaders(hostile, { isSigned: false, bucketUrl });
	expect(`${policy}`.split('; ').toSorted()).toEqual([
		...["default-src 'none'", `img-src ${bucketUrl} data:`, `media-src ${bucketUrl}`],
		...['sandbox', "style-src 'unsafe-inline'"],
	]);
	expect(linkHeaders(hostile, { isSigned: true })['content-security-policy']).not.toContain('img-src');
});

it('takes redirects and refusals of an engine for refusals', () => {
	expect([200, 206, 304, 412, 416].every((status) => isPassed(answerOf({}, status)))).toBe(true);
	expect([301, 302, 400, 403, 404, 500, 503].some((status) => isPassed(answerOf({}, status)))).toBe(false);
});
