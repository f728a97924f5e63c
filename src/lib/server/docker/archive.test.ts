import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { archiveOf } from './archive';

describe('an archive', () => {
	it('holds each file with its owner and mode, and is the same every time', async () => {
		const file = { path: 'redis.conf', content: 'user défault\n', mode: 0o600, uid: 999, gid: 999 };
		const archive = await archiveOf([file]);
		expect(await archiveOf([file])).toEqual(archive);
		const found: object[] = [];
		const reader = extract();
		reader.on('entry', ({ name, mode, uid, gid }, stream, next) => {
			let content = '';
			stream.on('data', (chunk: Buffer) => (content += chunk.toString()));
			stream.on('end', () => {
				found.push({ path: name, content, mode, uid, gid });
				next();
			});
		});
		await new Promise((resolve) => reader.on('finish', resolve).end(archive));
		expect(found).toEqual([file]);
	});
});
