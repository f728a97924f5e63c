import { describe, expect, it } from 'vitest';
import { isWellFormed } from '$lib/shared/database-names';
import { linkPath } from '$lib/shared/storage-links';
import { objectKeyProblem } from '$lib/shared/storage-names';
import { findOperation } from '../../operations/repository';
import { hostileStrings } from '../hostile-strings';
import { codeIn } from '../objects-panel';
import { codeOf } from '../storage-behaviour';
import { asApp, type ObjectHouse } from './house';

const oddKeys = [
	'../up.txt',
	'a/../b',
	'..',
	'a//b',
	'//',
	'/lead',
	'./dot',
	'line\nbreak\r\ttab',
	`quotes ' " \` \\`,
	' blanks at the ends ',
	'é 日本語 😀/Ünï',
	'%2e%2e%2f+%20 + &=?#;',
	'<b>&amp;]]></b>',
	'control\u0001\u001f',
	`${`${'x'.repeat(249)}/`.repeat(3)}${'x'.repeat(250)}`,
];

/** Objects under every name that there can be. */
export function oddKeysBehaviour(house: ObjectHouse): void {
	const { newBucket, place, keysOf, traits } = house;

	describe('odd keys', () => {
		const takes = (key: string) => objectKeyProblem(key, traits) === null;

		it('are uploaded, read and removed exactly as they are, or refused', async () => {
			const bucket = await newBucket();
			const texts = hostileStrings
				.map(({ value }) => value)
				.filter((value) => value !== '' && isWellFormed(value));
			const kept: string[] = [];
			for (const key of new Set([...oddKeys, ...texts])) {
				const body = Buffer.from(`content of ${key}`);
				const put = await house.panel.put(bucket, key, body);
				if (!takes(key)) {
					expect([codeIn(put), key]).toEqual([expect.stringMatching(/OBJECT_KEY_INVALID|BAD_INPUT/), key]);
					continue;
				}
				if (put.status !== 200) {
					expect([codeIn(put), key]).toEqual(['OBJECT_KEY_INVALID', key]);
					continue;
				}
				kept.push(key);
				const got = await house.panel.get(bucket, key);
				expect([got.status, got.body.toString(), key]).toEqual([200, body.toString(), key]);
				expect((await house.panel.caller().objects.head(place(bucket, key))).sizeBytes).toBe(body.length);
			}
			// One that holds a zero byte is refused by some although it could be named.
			expect(kept.length).toBeGreaterThan(traits.takesAnyKey ? 300 : 250);
			const { serviceId } = house.panel;
			await house.panel.caller().objects.remove({ serviceId, bucket, keys: kept.slice(0, 3) });
			expect((await house.panel.get(bucket, kept[0] ?? '')).status).toBe(404);
			await house.panel.caller().objects.remove({ serviceId, bucket, keys: kept.slice(3) });
			expect(await keysOf(bucket)).toEqual([]);
		});

		it('that begin with a slash are no other object, and not the bucket', async () => {
			const bucket = await newBucket();
			await house.panel.put(bucket, 'lead', Buffer.from('kept'));
			for (const key of ['/lead', '//lead', '/', '//']) {
				expect(codeIn(await house.panel.put(bucket, key, Buffer.from('x')))).toBe('OBJECT_KEY_INVALID');
				expect(codeIn(await house.panel.get(bucket, key))).toBe('OBJECT_NOT_FOUND');
				expect((await house.panel.send(linkPath(place(bucket, key)))).status).toBe(404);
			}
			const { serviceId } = house.panel;
			await house.panel.caller().objects.remove({ serviceId, bucket, keys: ['/lead', '/'] });
			expect((await house.panel.get(bucket, 'lead')).body.toString()).toBe('kept');
		});

		it('that the engine would take for others are not removed as those', async () => {
			const bucket = await newBucket();
			const { serviceId } = house.panel;
			for (const key of ['a/b', 'a/c/d', 'lead']) await house.panel.put(bucket, key, Buffer.from('kept'));
			const keys = ['a//b', 'a/./b', 'a/c/../b', '/lead', '//'].filter((key) => !takes(key));
			await house.panel.caller().objects.remove({ serviceId, bucket, keys });
			const { operationId } = await house.panel.caller().objects.removeAll({
				...{ serviceId, bucket, prefixes: ['other/'], keys },
			});
			await expect
				.poll(() => findOperation(house.panel.app.db, operationId)?.row.status, { timeout: 30_000 })
				.toBe('succeeded');
			for (const prefix of ['a//', 'a/./', '/', '//'].filter((prefix) => !takes(prefix))) {
				const removal = house.panel.caller().objects.removeAll({ serviceId, bucket, prefixes: [prefix] });
				expect([prefix, await codeOf(asApp(removal))]).toEqual([prefix, 'OBJECT_KEY_INVALID']);
			}
			expect(await keysOf(bucket, 'a/')).toEqual(['a/c/', 'a/b']);
			expect(await keysOf(bucket, 'a/c/')).toEqual(['a/c/d']);
			expect((await house.panel.get(bucket, 'lead')).body.toString()).toBe('kept');
			for (const prefix of ['a//', 'a/./', 'a/c/../', '/', '//'])
				expect(await keysOf(bucket, prefix)).toEqual([]);
		});

		it('hold line breaks, as many as the engine’s traits allow', async () => {
			const bucket = await newBucket();
			const broken = (count: number) => `folder/a${'\nb'.repeat(count)}`;
			const most = traits.maxKeyLineBreaks ?? 50;
			for (let count = 1; count <= most; count += 1) {
				const key = broken(count);
				expect([count, codeIn(await house.panel.put(bucket, key, Buffer.from('x')))]).toEqual([count, null]);
				expect((await house.panel.get(bucket, key)).body.toString()).toBe('x');
			}
			if (traits.maxKeyLineBreaks !== null)
				expect(codeIn(await house.panel.put(bucket, broken(most + 1), Buffer.from('x')))).toBe(
					'OBJECT_KEY_INVALID',
				);
			const { serviceId } = house.panel;
			await house.panel.caller().objects.remove({ serviceId, bucket, keys: [broken(1), broken(most)] });
			expect(await keysOf(bucket, 'folder/')).toHaveLength(most - 2);
		});

		it('are listed level by level, each exactly', async () => {
			const bucket = await newBucket();
			const keys = oddKeys.filter(takes);
			for (const key of keys) await house.panel.put(bucket, key, Buffer.from('x'));
			const found: string[] = [];
			const walk = async (prefix: string): Promise<void> => {
				for (const entry of await keysOf(bucket, prefix)) {
					if (keys.includes(entry)) found.push(entry);
					else await walk(entry);
				}
			};
			await walk('');
			expect(found.sort()).toEqual([...keys].sort());
		});

		it('are in a link, signed, that opens exactly this object', async () => {
			const bucket = await newBucket();
			for (const key of oddKeys.filter(takes)) {
				await house.panel.put(bucket, key, Buffer.from(key));
				const { path } = await house.panel.caller().objects.signedUrl({
					...{ ...place(bucket, key), expiresInSeconds: 900 },
				});
				// As a browser's address bar has it.
				const { pathname, search } = new URL(path, house.panel.url);
				const got = await house.panel.send(`${pathname}${search}`);
				expect([got.status, got.body.toString()]).toEqual([200, key]);
			}
		});
	});
}
