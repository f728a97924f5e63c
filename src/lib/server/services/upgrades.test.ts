import { describe, expect, it, vi } from 'vitest';
import type { NewerImage } from '../images';
import { AppError } from '../errors';
import { createLogger, Redactor } from '../log';
import { Upgrades } from './upgrades';

const service = { engine: 'postgres', version: '18', imageDigest: 'sha256:a' };
const log = createLogger({ level: 'error', redactor: new Redactor() });

function upgradesWith(answer: () => Promise<NewerImage | null>, quietMs = 0) {
	const findNewer = vi.fn(answer);
	return { findNewer, upgrades: new Upgrades({ images: { findNewer }, log, quietMs }) };
}

describe('word of a newer image', () => {
	it('is not waited for, and known to the next who asks', async () => {
		const { upgrades, findNewer } = upgradesWith(() =>
			Promise.resolve({ origin: 'built', reason: 'packages', packages: [] }),
		);
		upgrades.start();
		expect(upgrades.find(service)).toBeNull();
		expect(upgrades.find(service)).toBeNull();
		await upgrades.settled();
		expect(upgrades.find(service)).toMatchObject({ isAvailable: true, reason: 'packages' });
		expect(findNewer).toHaveBeenCalledTimes(1);
		// Another image, such as after the upgrade, is another question.
		expect(upgrades.find({ ...service, imageDigest: 'sha256:b' })).toBeNull();
		await upgrades.settled();
		expect(findNewer).toHaveBeenCalledTimes(2);
	});

	it('is asked again after hours only', async () => {
		vi.useFakeTimers({ toFake: ['Date'] });
		try {
			const { upgrades, findNewer } = upgradesWith(() => Promise.resolve(null));
			upgrades.start();
			upgrades.find(service);
			await upgrades.settled();
			vi.advanceTimersByTime(5 * 3_600_000);
			expect(upgrades.find(service)).toMatchObject({ isAvailable: false, reason: null });
			await upgrades.settled();
			expect(findNewer).toHaveBeenCalledTimes(1);
			vi.advanceTimersByTime(2 * 3_600_000);
			expect(upgrades.find(service)).toMatchObject({ isAvailable: false });
			await upgrades.settled();
			expect(findNewer).toHaveBeenCalledTimes(2);
		} finally {
			vi.useRealTimers();
		}
	});

	it('is not asked by a panel that has not started, has only just, or stops', async () => {
		const { upgrades, findNewer } = upgradesWith(() => Promise.resolve(null), 60_000);
		upgrades.find(service);
		upgrades.start();
		upgrades.find(service);
		await upgrades.stop();
		upgrades.find(service);
		expect(findNewer).not.toHaveBeenCalled();
	});

	it('that nobody can give is no upgrade, and no error', async () => {
		const { upgrades } = upgradesWith(() => Promise.reject(new AppError('IMAGE_UNAVAILABLE')));
		upgrades.start();
		upgrades.find(service);
		await upgrades.settled();
		expect(upgrades.find(service)).toMatchObject({ isAvailable: false });
	});
});
