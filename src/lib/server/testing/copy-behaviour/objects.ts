import { Readable } from 'node:stream';
import { GetObjectTaggingCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { objectKeyProblem } from '$lib/shared/storage-names';
import { openCopyClient } from '../../engines/s3-family/copy/client';
import { hostileStrings } from '../hostile-strings';
import { outcome } from '../storage-app';
import {
	bucketOf,
	bytesOf,
	head,
	MIB,
	put,
	putMany,
	putParts,
	type CopyHouse,
	type Place,
	type TwoServers,
} from './house';

const hostileKeys = [
	...[
		'a//b',
		'../up',
		'./dot',
		'line\nbreak\ttab',
		' blanks ',
		'é 日本語 😀/Ünï',
		'%2e%2e+%20 &=?#;',
		'<b>&amp;]]></b>',
	],
	...['control\u0001\u001f', 'folder/', '\ue000 private', '😀 astral', `${'x'.repeat(300)}.txt`],
	...hostileStrings.map(({ value }) => value).filter((value) => value !== '' && value.length < 200),
];

/** What the server says that it has; a thousand at most. */
async function listedKeys({ s3, bucket }: Place): Promise<Set<string>> {
	const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, EncodingType: 'url' }));
	return new Set(Contents.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' '))));
}

/** What a copy brings over. */
export function objectsBehaviour(house: CopyHouse): void {
	const { source, target } = house;
	const traits = target.storageAdmin.traits(target.versions[0]?.version ?? '');

	it('brings every object over with what belongs to it, and only what changed the next time', async () => {
		const from = await bucketOf(house.two.source);
		await putMany(from, 500);
		await putParts(from, 'big.bin', 40 * MIB);
		await put(from, 'empty', '');
		const facts = {
			...{ ContentType: 'text/x-test', CacheControl: 'max-age=60', ContentDisposition: 'attachment' },
			...{ ContentLanguage: 'sw', Metadata: { owner: 'me', 'with-dash': 'Ja & "nein"' } },
		};
		await put(from, 'facts.txt', 'facts', facts);

		const { copyId } = await house.two.copy(from.bucket, null, false);
		const first = await house.two.succeeded(copyId);
		expect(first).toMatchObject({ seen: 503, copied: 503, same: 0, missing: 0, different: 0, refused: 0 });
		expect([first.sourceObjects, first.targetObjects]).toEqual([503, 503]);
		expect(first.targetBytes).toBe(first.sourceBytes);

		const to = await bucketOf(house.two.target, from.bucket);
		for (const key of ['big.bin', 'empty', 'facts.txt', 'small/00499.txt', 'small/00000.txt']) {
			expect(await bytesOf(to, key)).toBe(await bytesOf(from, key));
			expect((await head(to, key)).ETag).toBe((await head(from, key)).ETag);
		}
		expect((await head(to, 'big.bin')).ETag).toMatch(/-5"$/);
		expect(await head(to, 'big.bin')).toMatchObject({
			ContentType: 'video/mp4',
			Metadata: { kind: 'parts' },
		});
		expect(await head(to, 'facts.txt')).toMatchObject(facts);

		await put(from, 'facts.txt', 'other', facts);
		await put(from, 'new.txt', 'new');
		const again = await house.two.copy(from.bucket, null, true);
		const second = await house.two.succeeded(again.copyId);
		expect(second).toMatchObject({ seen: 504, copied: 2, same: 502, missing: 0, different: 0 });
		expect(await bytesOf(to, 'facts.txt')).toBe(await bytesOf(from, 'facts.txt'));
	});

	it('takes keys of every kind, and says which the target cannot hold', async () => {
		const from = await bucketOf(house.two.source);
		const uploaded: string[] = [];
		for (const key of new Set(hostileKeys)) {
			if (objectKeyProblem(key, source.storageAdmin.traits('')) !== null) continue;
			if ((await outcome(put(from, key, `content of ${key}`))) === 'ok') uploaded.push(key);
		}
		// MinIO keeps what lies below another object, but lists it nowhere.
		const listed = await listedKeys(from);
		expect(uploaded.filter((key) => !listed.has(key)).length).toBeLessThan(3);
		const kept = uploaded.filter((key) => listed.has(key));
		const { copyId } = await house.two.copy(from.bucket);
		const bucket = await house.two.succeeded(copyId);
		const refused = kept.filter((key) => objectKeyProblem(key, traits) !== null);
		const to = await bucketOf(house.two.target, from.bucket);
		const { findings } = await house.two.report(copyId);
		for (const key of kept) {
			const finding = findings.find((one) => one.key === key);
			if (finding) expect([finding.finding, key]).toEqual(['refused', key]);
			else expect([await bytesOf(to, key), key]).toEqual([await bytesOf(from, key), key]);
		}
		expect(bucket.refused).toBe(findings.length);
		expect(bucket.copied).toBe(kept.length - findings.length);
		expect(findings.map(({ key }) => key)).toEqual(expect.arrayContaining(refused));
		const others = findings.filter(({ key }) => !refused.includes(key));
		expect(others.filter(({ key }) => !key.includes('\0'))).toEqual([]);
		expect(kept.length).toBeGreaterThan(200);
	});

	const keepTags = ({ storageAdmin }: typeof source) => storageAdmin.capabilities('').tags === null;
	it.skipIf(!keepTags(source))('brings tags over, or says that it cannot', async () => {
		const from = await bucketOf(house.two.source);
		await put(from, 'tagged', 'tagged', { Tagging: 'team=a+b&stage=x%2Fy' });
		await put(from, 'plain', 'plain');
		await putParts(from, 'big', 17 * MIB, { Tagging: 'size=big' });
		const { copyId } = await house.two.copy(from.bucket);
		await house.two.succeeded(copyId);
		const { leftBehind } = await house.two.report(copyId);
		const tags = leftBehind.filter(({ what }) => what === 'tags');
		if (!keepTags(target)) return expect(tags).toEqual([{ bucket: from.bucket, what: 'tags', count: 2 }]);
		expect(tags).toEqual([]);
		const to = await bucketOf(house.two.target, from.bucket);
		for (const key of ['tagged', 'plain', 'big'])
			expect(await tagsOf(to, key)).toEqual(await tagsOf(from, key));
		expect((await tagsOf(to, 'tagged')).length).toBe(2);
	});

	it('brings headers over with letters of every kind', () => copyLetters(house.two));
}

async function tagsOf({ s3, bucket }: Place, Key: string) {
	return (await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key }))).TagSet ?? [];
}

/** Clients send UTF-8 in headers, although those have no such letters. */
export async function copyLetters(two: TwoServers): Promise<void> {
	const { bucket, key } = await bucketOf(two.source);
	const login = { endpoint: two.source.endpoint(), region: 'us-east-1', isPathStyle: true };
	const s3 = openCopyClient({ ...login, accessKeyId: key.id, secret: key.secret });
	const from = { s3, bucket };
	const facts = {
		ContentDisposition: 'attachment; filename="é 日本.pdf"',
		Metadata: { title: 'é 日本' },
	};
	// As a stream: Node writes this header otherwise where it knows the length.
	await put(from, 'letters', Readable.from([Buffer.from('x')]), { ...facts, ContentLength: 1 });
	await put(from, 'letters of nothing', '', facts);
	await putParts(from, 'letters in parts', 9 * MIB, facts);
	const { copyId } = await two.copy(bucket);
	expect(await two.succeeded(copyId)).toMatchObject({ copied: 3, refused: 0, missing: 0, different: 0 });
	const to = await bucketOf(two.target, bucket);
	for (const name of ['letters', 'letters of nothing', 'letters in parts']) {
		const { ContentDisposition = '', Metadata = {} } = await head(to, name);
		const read = (text: string) => Buffer.from(text, 'latin1').toString('utf8');
		expect(read(ContentDisposition)).toBe(facts.ContentDisposition);
		expect(lettersOf(Metadata.title)).toBe(facts.Metadata.title);
		expect(lettersOf((await head(from, name)).Metadata?.title)).toBe(facts.Metadata.title);
	}
	s3.destroy();
}

/** As clients read it: bytes of UTF-8, or those written as ASCII, as some servers answer them. */
function lettersOf(metadata = ''): string {
	const [, encoded] = /^=\?UTF-8\?q\?(.*)\?=$/i.exec(metadata) ?? [];
	if (encoded === undefined) return Buffer.from(metadata, 'latin1').toString('utf8');
	return decodeURIComponent(encoded.replaceAll('_', ' ').replaceAll('%', '%25').replaceAll('=', '%'));
}
