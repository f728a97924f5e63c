import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SettingValues } from '$lib/shared/settings';
import { projects } from '../../db/schema';
import { openTestDatabase } from '../../db/testing';
import { newId } from '../../ids';
import { createLogger, Redactor } from '../../log';
import { Secret } from '../../secret';
import { AppError } from '../../errors';
import { insertService, updateService } from '../repository';
import { declaredAfter, resetKeys, restartKeys } from './change';
import { FakeConfigurable, fakeEngine } from './fake-engine';
import { LiveSettings } from './live';
import { SettingsReader } from './reader';

let database: ReturnType<typeof openTestDatabase>;
let configurable: FakeConfigurable;
let serviceId: string;
let startedAtMs: number;
let isRunning: boolean;

beforeEach(() => {
	database = openTestDatabase();
	configurable = new FakeConfigurable();
	serviceId = newId('service');
	startedAtMs = 1;
	isRunning = true;
	const projectId = newId('project');
	const createdAt = new Date();
	database.db.insert(projects).values({ id: projectId, name: 'shop', networkIndex: 0, createdAt }).run();
	insertService(database.db, {
		...{ id: serviceId, projectId, kind: 'database', engine: 'fake', version: '1', name: 'orders' },
		...{ memoryBytes: 1000, desiredState: 'running', phase: 'ready', createdAt },
	});
});
afterEach(() => database.remove());

const declare = (settings: SettingValues) => updateService(database.db, serviceId, { settings });

function parts() {
	const engine = fakeEngine(configurable);
	const locate = () =>
		isRunning
			? Promise.resolve({
					target: { host: '', port: 1, user: 'root', password: new Secret('x'), version: '1' },
					startedAtMs,
				})
			: Promise.reject(new AppError('SERVICE_NOT_RUNNING'));
	const deps = {
		db: database.db,
		broker: { locate, target: async () => (await locate()).target },
		secrets: { root: () => new Secret('x') },
		engineById: () => engine,
		log: createLogger({ level: 'error', redactor: new Redactor() }),
	};
	const live = new LiveSettings(deps);
	return { live, reader: new SettingsReader({ ...deps, live }) };
}

describe('what a person declares', () => {
	const engine = fakeEngine(new FakeConfigurable());
	const after = (changes: Parameters<typeof declaredAfter>[2], settings = {}) =>
		declaredAfter(engine, { version: '1', settings }, changes);

	it('goes over what was declared before, and null takes it back', () => {
		expect(after({ work: 7, loud: true, room: null }, { room: 5, limit: 3 })).toEqual({
			...{ work: 7, loud: true, limit: 3 },
		});
	});

	it('is refused with its key, and its range where it has one', () => {
		const refusal = (key: string, value: string | number | boolean) => {
			try {
				after({ [key]: value });
				return null;
			} catch (error) {
				return error instanceof AppError ? { code: error.code, ...error.details } : error;
			}
		};
		const invalid = { code: 'SETTING_INVALID' };
		expect(refusal('room', 1001)).toEqual({ ...invalid, key: 'room', min: 1, max: 1000 });
		expect(refusal('room', 1.5)).toEqual({ ...invalid, key: 'room', min: 1, max: 1000 });
		expect(refusal('mode', 'faster')).toEqual({ ...invalid, key: 'mode' });
		expect(refusal('loud', 'yes')).toEqual({ ...invalid, key: 'loud' });
		expect(refusal('events', 'Ab')).toEqual({ ...invalid, key: 'events' });
		expect(refusal('toString', 1)).toEqual({ ...invalid, key: 'toString' });
		expect(refusal('unknown', 1)).toEqual({ ...invalid, key: 'unknown' });
		expect(refusal('room', 1000)).toBeNull();
	});

	it('is refused for an engine without settings', () => {
		const without = fakeEngine(null);
		expect(() => declaredAfter(without, { version: '1', settings: {} }, {})).toThrowError(
			expect.objectContaining({ code: 'NOT_SUPPORTED' }),
		);
	});

	it('asks for a new start only where a value that needs one differs', () => {
		const keys = (before: object, next: object) =>
			restartKeys(engine, { version: '1', memoryBytes: 1000 }, { before: { ...before }, after: { ...next } });
		expect(keys({}, { work: 3, loud: true })).toEqual([]);
		// What follows from the memory size, said aloud.
		expect(keys({}, { room: 100 })).toEqual([]);
		expect(keys({}, { room: 99, mode: 'fast' })).toEqual(['room', 'mode']);
		expect(keys({ mode: 'fast' }, {})).toEqual(['mode']);
	});

	it('goes back to the default of the engine only where the memory size says nothing', () => {
		const sized = { version: '1', memoryBytes: 1000 };
		const before = { work: 3, limit: 9, room: 5 };
		expect(resetKeys(engine, sized, { before, after: {} })).toEqual(['limit']);
	});
});

describe('in a running engine', () => {
	it('only what differs is set, once a start', async () => {
		const { live } = parts();
		declare({ limit: 8, room: 50 });
		expect(live.isDue('fake', serviceId, new Date(1))).toBe(true);
		await live.apply(serviceId);
		await live.apply(serviceId);
		expect(configurable.applied).toEqual([{ limit: 8, work: 10 }]);
		expect(live.isDue('fake', serviceId, new Date(1))).toBe(false);
		expect(live.isDue('fake', serviceId, new Date(2))).toBe(true);
	});

	it('what nobody asks for any more goes back to its default', async () => {
		const { live } = parts();
		declare({ limit: 8 });
		await live.apply(serviceId);
		declare({});
		await live.apply(serviceId, ['limit', 'work']);
		expect(configurable.applied.at(-1)).toEqual({ limit: null });
		expect(configurable.values).toMatchObject({ limit: 5, work: 10 });
	});

	it('a value that takes no effect counts as refused', async () => {
		const { live } = parts();
		configurable.ignored.add('loud');
		declare({ loud: true });
		await expect(live.apply(serviceId)).rejects.toMatchObject({
			code: 'SETTING_REFUSED',
			details: { key: 'loud' },
		});
		expect(await live.tryToApply(serviceId)).toBe(false);
		expect(live.isDue('fake', serviceId, new Date(1))).toBe(true);
	}, 15_000);

	it('a number may be rounded', async () => {
		const { live, reader } = parts();
		configurable.roundsTo = 8;
		declare({ limit: 21 });
		await live.apply(serviceId);
		const of = async (key: string) => (await reader.read(serviceId)).find(({ spec }) => spec.key === key);
		expect(await of('limit')).toMatchObject({ declaredValue: 21, actualValue: 16, isPending: false });
		// Set to another number by hand, it is not what was made of the wish.
		configurable.values.limit = 20;
		expect(await of('limit')).toMatchObject({ actualValue: 20, isPending: true });
	});
});

describe('what is read', () => {
	it('tells what is asked for, why, and what is in force', async () => {
		declare({ mode: 'fast', limit: 8 });
		configurable.startAnew({ room: 100 });
		const { reader } = parts();
		const read = (await reader.read(serviceId)).map(({ spec, ...view }) => ({ key: spec.key, ...view }));
		expect(read).toEqual([
			{ key: 'room', profileValue: 100, declaredValue: null, actualValue: 100, isPending: false },
			{ key: 'mode', profileValue: null, declaredValue: 'fast', actualValue: 'slow', isPending: true },
			{ key: 'work', profileValue: 10, declaredValue: null, actualValue: 1, isPending: true },
			{ key: 'limit', profileValue: null, declaredValue: 8, actualValue: 5, isPending: true },
			{ key: 'loud', profileValue: null, declaredValue: null, actualValue: false, isPending: false },
			{ key: 'events', profileValue: null, declaredValue: null, actualValue: '', isPending: false },
		]);
	});

	it('is without values in force while it does not run', async () => {
		isRunning = false;
		declare({ limit: 8 });
		const { reader } = parts();
		const read = await reader.read(serviceId);
		expect(read.every(({ actualValue, isPending }) => actualValue === null && !isPending)).toBe(true);
	});
});
