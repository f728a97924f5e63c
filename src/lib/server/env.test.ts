import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvError, loadEnv } from './env';

describe('loadEnv', () => {
	it('has a safe default for everything', () => {
		const env = loadEnv({});
		expect(env).toMatchObject({
			host: '127.0.0.1',
			port: 3000,
			origin: null,
			dataDir: resolve('data'),
			dockerSocket: '/var/run/docker.sock',
			logLevel: 'info',
			allowsPrivateSources: false,
		});
		expect(existsSync(join(env.migrationsDir, 'meta/_journal.json'))).toBe(true);
		expect(existsSync(join(env.imagesDir, 'postgres/recipe.json'))).toBe(true);
	});

	it('takes an empty variable as not set', () => {
		expect(loadEnv({ PORT: '', ORIGIN: ' ', DOCKER_HOST: '' })).toEqual(loadEnv({}));
	});

	it('reads what is set', () => {
		const env = loadEnv({
			HOST: '0.0.0.0',
			PORT: '8080',
			ORIGIN: 'https://sh0.example.org/',
			SH0_DATA_DIR: '/srv/sh0',
			DOCKER_HOST: 'unix:///run/other.sock',
			SH0_LOG_LEVEL: 'debug',
			SH0_ALLOW_PRIVATE_SOURCES: 'true',
			SH0_IMAGES_DIR: '/srv/images',
		});
		expect(env).toMatchObject({
			host: '0.0.0.0',
			port: 8080,
			origin: 'https://sh0.example.org',
			dataDir: '/srv/sh0',
			dockerSocket: '/run/other.sock',
			allowsPrivateSources: true,
			logLevel: 'debug',
			imagesDir: '/srv/images',
		});
	});

	it.each([
		['PORT', 'abc'],
		['PORT', '65536'],
		['PORT', '-1'],
		['PORT', '1e3'],
		['HOST', 'a b'],
		['ORIGIN', 'sh0.example.org'],
		['ORIGIN', 'https://sh0.example.org/panel'],
		['ORIGIN', 'https://user@sh0.example.org'],
		['ORIGIN', 'ftp://sh0.example.org'],
		['DOCKER_HOST', 'tcp://10.0.0.1:2375'],
		['DOCKER_HOST', 'unix://docker.sock'],
		['SH0_LOG_LEVEL', 'loud'],
	])('refuses %s=%s with one sentence that names it', (name, value) => {
		const load = () => loadEnv({ [name]: value });
		expect(load).toThrow(EnvError);
		expect(load).toThrow(new RegExp(`^${name} must be [^\\n]+\\.$`));
	});

	it('says every problem at once', () => {
		expect(() => loadEnv({ PORT: 'x', ORIGIN: 'y' })).toThrow(/^PORT must.+\nORIGIN must.+$/);
	});
});
