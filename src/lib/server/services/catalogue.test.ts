import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ImageAvailability } from '$lib/shared/services';
import { openTestDatabase } from '../db/testing';
import { createDocker } from '../docker';
import { postgres } from '../engines/postgres/definition';
import { createLogger, Redactor } from '../log';
import { CatalogueReader } from './catalogue';
import { DockerView } from './docker-view';
import { Machine } from './machine';

let database: ReturnType<typeof openTestDatabase>;
beforeEach(() => (database = openTestDatabase()));
afterEach(() => database.remove());

/** A catalogue of PostgreSQL; `answer` is where its images are said to be. */
function catalogueOf(answer: () => Promise<ImageAvailability>): CatalogueReader {
	const { db, dataDir } = database;
	const log = createLogger({ level: 'error', redactor: new Redactor() });
	const docker = createDocker({ socketPath: join(dataDir, 'none.sock'), instanceId: '00ff00ff' });
	return new CatalogueReader({
		...{ db, log, engines: [postgres], view: new DockerView(docker, log), machine: new Machine(docker) },
		images: { availability: answer, buildMinutes: () => Promise.resolve(null) },
	});
}

it('knows a version as one that cannot be had once somebody has looked, and only while that is so', async () => {
	let answer: ImageAvailability = 'unavailable';
	const catalogue = catalogueOf(() => Promise.resolve(answer));
	expect(await catalogue.isUnavailable('postgres', '18')).toBe(false);
	await catalogue.read();
	expect(await catalogue.isUnavailable('postgres', '18')).toBe(true);
	answer = 'buildable';
	expect(await catalogue.isUnavailable('postgres', '18')).toBe(false);
});

it('is not sure that a version cannot be had while nobody answers', async () => {
	let answer = (): Promise<ImageAvailability> => Promise.resolve('unavailable');
	const catalogue = catalogueOf(() => answer());
	await catalogue.read();
	answer = () => Promise.reject(new Error('no answer'));
	expect(await catalogue.isUnavailable('postgres', '18')).toBe(false);
	answer = () => new Promise(() => undefined);
	expect(await catalogue.isUnavailable('postgres', '18')).toBe(false);
});
