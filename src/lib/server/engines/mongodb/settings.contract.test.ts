import { BSON } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settingProblem, type SettingValues } from '$lib/shared/settings';
import { MIB } from '$lib/shared/units';
import { Secret } from '../../secret';
import { MongoRefusal } from '../../testing/fake-mongod/command';
import { refusal, startFake, type StartedFake } from '../../testing/fake-mongod/started';
import { mongodbConfigurable } from './configurable';
import { containerSpec } from './container';

const parameters = {
	cursorTimeoutMillis: BSON.Long.fromNumber(600_000),
	internalQueryMaxBlockingSortMemoryUsageBytes: 104_857_600,
	maxIndexBuildMemoryUsageMegabytes: 200,
	allowDiskUseByDefault: true,
	ttlMonitorEnabled: true,
	ttlMonitorSleepSecs: 60,
	journalCommitInterval: 100,
};
const inForce = {
	cacheSizeGB: 0.25,
	maxIncomingConnections: 128,
	slowOpThresholdMs: 100,
	slowOpSampleRate: 1,
	...parameters,
	cursorTimeoutMillis: 600_000,
};

/** By the manual's pages on setParameter, getParameter, profile and getCmdLineOpts. */
describe('settings of MongoDB', () => {
	let started: StartedFake;

	beforeEach(async () => {
		started = await startFake();
		started.fake.answers.set('getParameter', parameters);
		started.fake.answers.set('getCmdLineOpts', {
			parsed: {
				net: { bindIp: '*', maxIncomingConnections: 128 },
				storage: { wiredTiger: { engineConfig: { cacheSizeGB: 0.25 } } },
			},
		});
		started.fake.answers.set('profile', () => ({ was: 0, slowms: 100, sampleRate: 1 }));
	});
	afterEach(async () => {
		await started.stop();
	});

	const sent = () => started.fake.take('setParameter', 'profile').map((one) => one.command);

	it('are read as they are in force, each within its own range', async () => {
		const values = await mongodbConfigurable.read(started.target);
		expect(values).toEqual(inForce);
		const specs = mongodbConfigurable.settings('8');
		expect(specs.map((spec) => spec.key)).toEqual(Object.keys(inForce));
		for (const spec of specs) {
			const value = values[spec.key];
			expect([spec.key, value !== undefined && settingProblem(spec, value)]).toEqual([spec.key, null]);
		}
	});

	it('are set one command each, and back to their defaults by null', async () => {
		await mongodbConfigurable.apply(started.target, {
			journalCommitInterval: 50,
			ttlMonitorEnabled: false,
			cursorTimeoutMillis: null,
		});
		expect(sent()).toEqual([
			{ profile: -1 },
			{ setParameter: 1, journalCommitInterval: 50 },
			{ setParameter: 1, ttlMonitorEnabled: false },
			{ setParameter: 1, cursorTimeoutMillis: 600_000 },
		]);
	});

	it('of the profiler leave it off', async () => {
		const values = { slowOpThresholdMs: 250, slowOpSampleRate: 1 };
		await mongodbConfigurable.apply(started.target, values);
		expect(sent()).toEqual([{ profile: -1 }, { profile: 0, slowms: 250 }, { profile: 0, sampleRate: 1 }]);
	});

	it('are all as before when one is refused', async () => {
		started.fake.answers.set('setParameter', ({ command }) => {
			if (command.journalCommitInterval === 7) throw new MongoRefusal(2, 'BadValue');
			return { was: 0 };
		});
		const values = {
			...{ ttlMonitorSleepSecs: 2, slowOpThresholdMs: 55, journalCommitInterval: 7 },
			ttlMonitorEnabled: false,
		};
		expect(await refusal(mongodbConfigurable.apply(started.target, values))).toEqual({
			code: 'SETTING_REFUSED',
			key: 'journalCommitInterval',
		});
		expect(sent()).toEqual([
			{ profile: -1 },
			{ setParameter: 1, ttlMonitorSleepSecs: 2 },
			{ profile: 0, slowms: 55 },
			{ setParameter: 1, journalCommitInterval: 7 },
			{ profile: 0, slowms: 100 },
			{ setParameter: 1, ttlMonitorSleepSecs: 60 },
		]);
	});

	it('with an impossible value are not even sent', async () => {
		const impossible: SettingValues[] = [
			{ journalCommitInterval: 501 },
			{ journalCommitInterval: '1' },
			{ ttlMonitorEnabled: 1 },
			{ cacheSizeGB: 1 },
			{ security: 'disabled' },
			{ 'ttlMonitorEnabled; quiet': 1 },
			// What would have the log hold everybody's data.
			{ logLevel: 1 },
			{ slowOpThresholdMs: 0 },
			{ slowOpThresholdMs: 49 },
		];
		for (const values of impossible) {
			expect(await refusal(mongodbConfigurable.apply(started.target, values))).toEqual({
				code: 'SETTING_REFUSED',
				key: Object.keys(values)[0],
			});
		}
		expect(started.fake.take()).toEqual([]);
	});
});

describe('the container of MongoDB', () => {
	const bootstrapPassword = new Secret('boot');

	it.each([
		[512, 0.25, 128],
		[1024, 0.25, 256],
		[2048, 0.75, 512],
		[8192, 3.75, 2048],
		[65_536, 31.75, 5000],
	])('of %d MiB has a cache of %d GB and %d connections', (mib, cacheSizeGB, connections) => {
		const profile = mongodbConfigurable.profile({ version: '8', memoryBytes: mib * MIB });
		expect(profile).toEqual({ cacheSizeGB, maxIncomingConnections: connections });
		const spec = containerSpec({ memoryBytes: mib * MIB, bootstrapPassword, settings: profile });
		expect(spec.command).toEqual([
			...['mongod', '--wiredTigerCacheSizeGB', String(cacheSizeGB)],
			...['--maxConns', String(connections)],
		]);
		expect(spec.pidsLimit).toBeGreaterThan(connections);
	});

	it('takes what was declared, and keeps the password out of its arguments', () => {
		const settings = { cacheSizeGB: 0.3, maxIncomingConnections: 50 };
		const spec = containerSpec({ memoryBytes: 512 * MIB, bootstrapPassword, settings });
		expect(spec.command.slice(2)).toEqual(['0.3', '--maxConns', '50']);
		expect(spec.command.join(' ')).not.toContain('boot');
		expect(spec.env).toEqual({ MONGO_INITDB_ROOT_USERNAME: 'root', MONGO_INITDB_ROOT_PASSWORD: 'boot' });
		expect(Object.keys(spec.tmpfs)).toEqual(['/data/configdb', '/tmp']);
	});
});
