import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export type Env = {
	host: string;
	port: number;
	/** The public address when a proxy stands in front, such as `https://sh0.example.org`; null: the request's own. */
	origin: string | null;
	dataDir: string;
	dockerSocket: string;
	logLevel: LogLevel;
	/** Copies may come from private addresses: whoever may begin one then reaches what this machine reaches in its network. */
	allowsPrivateSources: boolean;
	imagesDir: string;
	migrationsDir: string;
};

/** The environment holds something sh0 cannot use; `message` has one sentence a problem. */
export class EnvError extends Error {
	override readonly name = 'EnvError';
}

const blankAsUnset = (value: unknown) =>
	typeof value === 'string' && value.trim() === '' ? undefined : value;

const portSchema = z
	.string()
	.regex(/^\d{1,5}$/)
	.transform(Number)
	.refine((port) => port <= 65_535);

const originSchema = z.string().transform((value, context) => {
	const url = URL.canParse(value) ? new URL(value) : null;
	const isBare = url !== null && url.href === `${url.origin}/` && /^https?:$/.test(url.protocol);
	if (url !== null && isBare) return url.origin;
	context.addIssue({ code: 'custom', message: 'origin' });
	return z.NEVER;
});

const dockerHostSchema = z
	.string()
	.startsWith('unix://')
	.transform((value) => value.slice('unix://'.length))
	.refine((path) => isAbsolute(path));

const variables = z.object({
	HOST: z.preprocess(
		blankAsUnset,
		z
			.string()
			.regex(/^[A-Za-z0-9.:_-]+$/)
			.default('127.0.0.1'),
	),
	PORT: z.preprocess(blankAsUnset, portSchema.default(3000)),
	ORIGIN: z.preprocess(blankAsUnset, originSchema.nullable().default(null)),
	SH0_DATA_DIR: z.preprocess(blankAsUnset, z.string().default('data')),
	DOCKER_HOST: z.preprocess(blankAsUnset, dockerHostSchema.default('/var/run/docker.sock')),
	SH0_LOG_LEVEL: z.preprocess(blankAsUnset, z.enum(logLevels).default('info')),
	SH0_ALLOW_PRIVATE_SOURCES: z.preprocess(
		blankAsUnset,
		z
			.enum(['true', 'false'])
			.default('false')
			.transform((value) => value === 'true'),
	),
	SH0_IMAGES_DIR: z.preprocess(blankAsUnset, z.string().optional()),
});

const advice: Record<string, string> = {
	HOST: 'HOST must be an address or a host name to listen on, such as 127.0.0.1 or 0.0.0.0.',
	PORT: 'PORT must be a whole number from 0 to 65535.',
	ORIGIN: 'ORIGIN must be an http or https address without a path, such as https://sh0.example.org.',
	SH0_DATA_DIR: 'SH0_DATA_DIR must be the path of a folder.',
	DOCKER_HOST:
		'DOCKER_HOST must be a Unix socket with an absolute path, such as unix:///var/run/docker.sock.',
	SH0_LOG_LEVEL: `SH0_LOG_LEVEL must be one of ${logLevels.join(', ')}.`,
	SH0_ALLOW_PRIVATE_SOURCES: 'SH0_ALLOW_PRIVATE_SOURCES must be true or false.',
	SH0_IMAGES_DIR: 'SH0_IMAGES_DIR must be the path of a folder.',
};

/** The installed project's folder: the nearest one above this module that has the migrations, whether bundled or not. */
function projectRoot(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, 'drizzle', 'meta', '_journal.json'))) {
		const parent = dirname(folder);
		if (parent === folder) return process.cwd();
		folder = parent;
	}
	return folder;
}

/** Reads and checks sh0's variables; an empty one counts as not set. Throws EnvError with a sentence for each problem. */
export function loadEnv(source: NodeJS.ProcessEnv = process.env): Env {
	const parsed = variables.safeParse(source);
	if (!parsed.success) {
		const names = new Set(parsed.error.issues.map((issue) => String(issue.path[0])));
		throw new EnvError([...names].map((name) => advice[name] ?? `${name} is not usable.`).join('\n'));
	}
	const root = projectRoot();
	const { HOST, PORT, ORIGIN, SH0_DATA_DIR, DOCKER_HOST, SH0_LOG_LEVEL, SH0_IMAGES_DIR } = parsed.data;
	const { SH0_ALLOW_PRIVATE_SOURCES: allowsPrivateSources } = parsed.data;
	return {
		host: HOST,
		port: PORT,
		origin: ORIGIN,
		dataDir: resolve(SH0_DATA_DIR),
		dockerSocket: DOCKER_HOST,
		logLevel: SH0_LOG_LEVEL,
		allowsPrivateSources,
		imagesDir: SH0_IMAGES_DIR === undefined ? join(root, 'images') : resolve(SH0_IMAGES_DIR),
		migrationsDir: join(root, 'drizzle'),
	};
}

/** The files sh0 keeps in its data folder. */
export function dataFiles(dataDir: string) {
	return { database: join(dataDir, 'sh0.db'), masterKey: join(dataDir, 'master.key') };
}
