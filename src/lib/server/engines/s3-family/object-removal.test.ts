import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { Secret } from '../../secret';
import { answering } from '../../testing/http-server';
import { emptyBucket, removeChosen, removeKeys, type RemovalLimits } from './object-removal';

const limits: RemovalLimits = { until: new Date(), assertSameBucket: () => Promise.resolve() };
const refusal = (code: string) => `<Error><Code>${code}</Code><Message>no</Message></Error>`;

/**
 * A stand-in for a server with one bucket `b`: it holds these keys and refuses to remove those that `refuses` names, each by S3's own
 * answers. Gives what is left and how to reach it.
 */
async function bucketOf(
	keys: string[],
	refuses: (key: string) => string | null,
	{ mayList = true, isShut = () => false }: { mayList?: boolean; isShut?: (key: string) => boolean } = {},
) {
	const left = new Set(keys);
	const remove = (key: string): string | null => {
		const code = refuses(key);
		if (code === null) left.delete(key);
		return code;
	};
	const answer = (request: IncomingMessage, body: string, response: ServerResponse): void => {
		const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
		const key = decodeURIComponent(pathname.slice('/b/'.length));
		if (searchParams.has('uploads')) return void response.end('<ListMultipartUploadsResult/>');
		if (request.method === 'HEAD') {
			if (isShut(key)) response.statusCode = 403;
			else if (left.has(key)) response.setHeader('last-modified', new Date(0).toUTCString());
			else response.statusCode = 404;
			return void response.end();
		}
		if (request.method === 'GET' && !mayList) {
			response.statusCode = 403;
			return void response.end(refusal('AccessDenied'));
		}
		if (request.method === 'GET') {
			const found = [...left].filter((one) => one.startsWith(searchParams.get('prefix') ?? ''));
			const each = found.map(
				(one) =>
					`<Contents><Key>${encodeURIComponent(one)}</Key><LastModified>1970-01-01T00:00:00.000Z</LastModified></Contents>`,
			);
			return void response.end(
				`<ListBucketResult><EncodingType>url</EncodingType>${each.join('')}</ListBucketResult>`,
			);
		}
		if (request.method === 'POST') {
			const errors = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].flatMap(([, one = '']) => {
				const code = remove(one);
				return code === null ? [] : [`<Error><Key>${one}</Key><Code>${code}</Code></Error>`];
			});
			return void response.end(`<DeleteResult>${errors.join('')}</DeleteResult>`);
		}
		const code = remove(key);
		response.statusCode = code === null ? 204 : 403;
		response.end(code === null ? '' : refusal(code));
	};
	const port = await answering((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
		request.on('end', () => answer(request, body, response));
	});
	const access = {
		...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', expiresAt: new Date() },
		...{ accessKeyId: 'AKEXAMPLE', secretAccessKey: new Secret('s'.repeat(40)) },
	};
	return { left, access };
}

const place = { bucket: 'b', leavesFolders: false };
const keys = ['a', 'denied', 'denied\n', 'b\n', 'c', 'd\n'];
const deniesSome = (key: string) => (key.startsWith('denied') ? 'AccessDenied' : null);
const told = { code: 'OBJECTS_NOT_REMOVED', details: { key: 'denied', count: 2, code: 'AccessDenied' } };

async function drained(removal: AsyncGenerator<number>): Promise<void> {
	for await (const removed of removal) expect(removed).toBeGreaterThanOrEqual(0);
}

it('removes all but what the engine refuses, and says what that is', async () => {
	const removals: ((access: Awaited<ReturnType<typeof bucketOf>>['access']) => Promise<void>)[] = [
		(access) => removeKeys(access, { ...place, keys }),
		(access) => drained(removeChosen(access, { ...place, keys: [...keys, 'none'], prefixes: [] }, limits)),
		(access) => drained(emptyBucket(access, { ...place, hasVersions: false, keepsNullMarks: false }, limits)),
	];
	for (const removal of removals) {
		const { access, left } = await bucketOf(keys, deniesSome);
		await expect(removal(access)).rejects.toMatchObject(told);
		expect([...left]).toEqual(['denied', 'denied\n']);
	}
});

it('goes on with folders after a refused object', async () => {
	const { access, left } = await bucketOf(['denied', 'x/a', 'y/a'], deniesSome);
	const removal = removeChosen(access, { ...place, keys: ['denied'], prefixes: ['x/', 'y/'] }, limits);
	await expect(drained(removal)).rejects.toMatchObject({ details: { key: 'denied', count: 1 } });
	expect([...left]).toEqual(['denied']);
});

it('ends when it is told of more than one object', async () => {
	for (const [key, refused, code] of [
		['a\n', 'InvalidAccessKeyId', 'ENGINE_UNREACHABLE'],
		['a', 'SlowDown', 'ENGINE_NOT_READY'],
	] as const) {
		const { access } = await bucketOf([key], () => refused);
		await expect(removeKeys(access, { ...place, keys: [key] })).rejects.toMatchObject({ code });
	}
});

it('takes a HEAD that is denied without a word for a denial of that object', async () => {
	const isShut = (key: string) => key === 'shut';
	const { access, left } = await bucketOf(['a', 'shut'], () => null, { isShut });
	const removal = removeChosen(access, { ...place, keys: ['a', 'shut'], prefixes: [] }, limits);
	const details = { key: 'shut', count: 1, code: 'AccessDenied' };
	await expect(drained(removal)).rejects.toMatchObject({ code: 'OBJECTS_NOT_REMOVED', details });
	expect([...left]).toEqual(['shut']);
});

it('says that its login is refused when that may not even list', async () => {
	const isShut = () => true;
	const removals: ((access: Awaited<ReturnType<typeof bucketOf>>['access']) => Promise<void>)[] = [
		(access) => removeKeys(access, { ...place, keys }),
		(access) => drained(removeChosen(access, { ...place, keys, prefixes: [] }, limits)),
	];
	for (const removal of removals) {
		const { access } = await bucketOf(keys, () => 'AccessDenied', { isShut, mayList: false });
		const refused = { code: 'ENGINE_UNREACHABLE', details: { reason: 'login' } };
		await expect(removal(access)).rejects.toMatchObject(refused);
	}
});

it('names what is still listed after the engine has said that it is gone', async () => {
	const { access } = await bucketOf(['a', 'stays', 'stays too'], (key) => (key === 'a' ? null : 'NoSuchKey'));
	const removal = emptyBucket(access, { ...place, hasVersions: false, keepsNullMarks: false }, limits);
	const details = { key: 'stays', count: 2, code: 'StillListed' };
	await expect(drained(removal)).rejects.toMatchObject({ code: 'OBJECTS_NOT_REMOVED', details });
});
