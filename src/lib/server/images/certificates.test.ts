import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCertificates } from './certificates';

it('takes the first list that the machine has', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'sh0-certificates-'));
	await writeFile(join(folder, 'second'), 'ours');
	expect(await readCertificates([join(folder, 'first'), join(folder, 'second')])).toBe('ours');
	await rm(folder, { recursive: true });
});

it('takes those that came with Node where there is no list', async () => {
	expect(await readCertificates([])).toMatch(
		/^-----BEGIN CERTIFICATE-----\n[^]+-----END CERTIFICATE-----\n$/,
	);
});
