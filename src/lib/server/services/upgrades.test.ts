import { describe, expect, it, vi } from 'vitest';
import type { NewerImage } from '../images';
import { AppError } from '../errors';
import { createLogger, Redactor } from '../log';
import { Upgrades } from './upgrades';

const service = { engine: 'postgres', version: '18', imageDigest: 'sha256:a' };
const log = createLogger({ level: 'error', redactor: new Redactor() });
const newer: NewerImage = { origin: 'built', reason: 'packages', packages: [] };

function upgradesWith(answer: () => Promise<NewerImage | null>, waitMs?: number) {
	const findNewer = vi.fn(answer);
	const wait = waitMs === undefined ? {} : { waitMs };
	return { findNewer, upgrades: new Upgrades({ images: { findNewer }, log, ...wait }) };
}

describe('word of a newer image', () => {
	it('is asked for by those who ask for it, once, and then known to everybody', async () => {
		const { upgrades, findNewer } = upgradesWith(() => Promise.resolve(newer));
		expect(upgrades.known(service)).toBeNull();
		expect(findNewer).not.toHaveBeenCalled();
		const answers = await Promise.all([upgrades.find(service), upgrades.find(service)]);
		expect(answers[0]).toMatchObject({ isAvailable: true, reason: 'packages' });
		expect(answers[1]).toEqual(answers[0]);
		expect(upgrades.known(service)).toEqual(answers[0]);
		expect(findNewer).toHaveBeenCalledTimes(1);
		// Another image, such as after the upgrade, is another question.
		const other = { ...service, imageDigest: 'sha256:b' };
		expect(upgrades.known(other)).toBeNull();
		await upgrades.find(other);
		expect(findNewer).toHaveBeenCalledTimes(2);
	});

	it('is asked for one image at a time', async () => {
		let [running, most] = [0, 0];
		const { upgrades } = upgradesWith(async () => {
			most = Math.max(most, (running += 1));
			await new Promise((resolve) => setTimeout(resolve, 5));
			running -= 1;
			return null;
		});
		const all = ['a', 'b', 'c'].map((imageDigest) => upgrades.find({ ...service, imageDigest }));
		expect(await Promise.all(all)).toHaveLength(3);
		expect(most).toBe(1);
	});

	it('that comes late is not waited for, and there for who asks again', async () => {
		let tell = (): void => undefined;
		const late = new Promise<void>((resolve) => (tell = resolve));
		const { upgrades, findNewer } = upgradesWith(() => late.then(() => newer), 5);
		expect(await upgrades.find(service)).toBeNull();
		tell();
		await expect.poll(() => upgrades.known(service)).toMatchObject({ isAvailable: true });
		expect(await upgrades.find(service)).toMatchObject({ isAvailable: true });
		expect(findNewer).toHaveBeenCalledTimes(1);
	});

	it('is asked again after hours only', async () => {
		vi.useFakeTimers({ toFake: ['Date'] });
		try {
			const { upgrades, findNewer } = upgradesWith(() => Promise.resolve(null));
			await upgrades.find(service);
			vi.advanceTimersByTime(5 * 3_600_000);
			expect(await upgrades.find(service)).toMatchObject({ isAvailable: false, reason: null });
			expect(findNewer).toHaveBeenCalledTimes(1);
			vi.advanceTimersByTime(2 * 3_600_000);
			expect(await upgrades.find(service)).toMatchObject({ isAvailable: false });
			expect(findNewer).toHaveBeenCalledTimes(2);
		} finally {
			vi.useRealTimers();
		}
	});

	it('that nobody can give is not known, no error, and not asked for again at once', async () => {
		const { upgrades, findNewer } = upgradesWith(() => Promise.reject(new AppError('IMAGE_UNAVAILABLE')));
		expect(await upgrades.find(service)).toBeNull();
		expect(await upgrades.find(service)).toBeNull();
		expect(findNewer).toHaveBeenCalledTimes(1);
		expect(upgrades.known(service)).toBeNull();
	});

	it('is not asked for by a panel that stops', async () => {
		const { upgrades, findNewer } = upgradesWith(() => Promise.resolve(newer));
		await upgrades.stop();
		expect(await upgrades.find(service)).toBeNull();
		expect(findNewer).not.toHaveBeenCalled();
	});
});
