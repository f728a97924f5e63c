import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projects, serviceSizes } from '../db/schema';
import { openTestDatabase } from '../db/testing';
import { newId } from '../ids';
import { Growth } from './growth';
import { deleteService, insertService } from './repository';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const nowMs = Date.UTC(2026, 10, 24, 12, 30);

let database: ReturnType<typeof openTestDatabase>;
let serviceId: string;

beforeEach(() => {
	database = openTestDatabase();
	serviceId = newId('service');
	const projectId = newId('project');
	const createdAt = new Date();
	database.db.insert(projects).values({ id: projectId, name: 'shop', networkIndex: 0, createdAt }).run();
	insertService(database.db, {
		...{ id: serviceId, projectId, kind: 'database', engine: 'postgres', version: '18', name: 'orders' },
		...{ memoryBytes: 1000, desiredState: 'running', phase: 'ready', createdAt },
	});
});
afterEach(() => database.remove());

const rows = () => database.db.select().from(serviceSizes).all();

describe('the growth of a service', () => {
	it('is one row an hour, also when the panel starts anew within it', () => {
		const growth = new Growth(database.db);
		growth.note(serviceId, 100, nowMs);
		growth.note(serviceId, 110, nowMs + 60_000);
		new Growth(database.db).note(serviceId, 120, nowMs + 120_000);
		growth.note(serviceId, 200, nowMs + HOUR_MS);
		expect(growth.points(serviceId, 1, nowMs + HOUR_MS)).toEqual([
			{ at: new Date(Date.UTC(2026, 10, 24, 12)), sizeBytes: 100 },
			{ at: new Date(Date.UTC(2026, 10, 24, 13)), sizeBytes: 200 },
		]);
	});

	it('is told for as many days as asked, oldest first', () => {
		const growth = new Growth(database.db);
		for (const day of [0, 1, 2, 3]) growth.note(serviceId, day + 1, nowMs + day * DAY_MS);
		const sizes = (days: number) =>
			growth.points(serviceId, days, nowMs + 3 * DAY_MS + 60_000).map(({ sizeBytes }) => sizeBytes);
		expect(sizes(2)).toEqual([3, 4]);
		expect(sizes(90)).toEqual([1, 2, 3, 4]);
	});

	it('is forgotten after 90 days', () => {
		const growth = new Growth(database.db);
		growth.note(serviceId, 1, nowMs);
		growth.note(serviceId, 2, nowMs + 89 * DAY_MS);
		expect(rows()).toHaveLength(2);
		growth.note(serviceId, 3, nowMs + 91 * DAY_MS);
		expect(rows().map(({ sizeBytes }) => sizeBytes)).toEqual([2, 3]);
	});

	it('goes with the service', () => {
		new Growth(database.db).note(serviceId, 1, nowMs);
		deleteService(database.db, serviceId);
		expect(rows()).toEqual([]);
		expect(() => new Growth(database.db).note(serviceId, 1, nowMs)).toThrowError();
	});
});
