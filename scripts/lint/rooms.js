/**
 * Which room may import what (docs/architecture.md). Each entry becomes one `no-restricted-imports` block for the files of that room.
 * Patterns are matched against the import's text, so both `$lib/...` and relative forms are meant.
 */

/** Packages that only one room may import. */
const doors = [
	{ packages: ['dockerode'], room: 'src/lib/server/docker' },
	{
		packages: ['better-sqlite3', 'drizzle-orm/better-sqlite3', 'drizzle-orm/better-sqlite3/migrator'],
		room: 'src/lib/server/db',
	},
	{ packages: ['lucia', '@node-rs/argon2', 'otpauth', 'uqr'], room: 'src/lib/server/auth' },
	{ packages: ['pg'], room: 'src/lib/server/engines/postgres' },
	{ packages: ['mysql2', 'mysql2/promise'], room: 'src/lib/server/engines/mysql-family' },
	{ packages: ['ioredis'], room: 'src/lib/server/engines/redis-family' },
	{ packages: ['mongodb'], room: 'src/lib/server/engines/mongo-family' },
	{
		packages: ['@aws-sdk/client-s3', '@smithy/signature-v4', '@smithy/core/checksum'],
		room: 'src/lib/server/engines/s3-family',
	},
	{ packages: ['bits-ui'], room: 'src/lib/components/ui' },
	{ packages: ['trpc-sveltekit', 'trpc-sveltekit/websocket'], room: 'src/hooks.server.ts' },
];

const features = ['databases', 'storage', 'projects', 'activity'];

/**
 * Matches an import of any of these folders of src/lib/server, or of what is in them.
 * @param {string[]} names
 */
const serverRooms = (names) => [`^(?:\\$lib/server/|(?:\\.\\./)+)(?:${names.join('|')})(?:/|$)`];

/**
 * The features as a room below them sees them: in engines/, `../storage` is the contract of storage engines.
 * @param {string} room
 */
const featuresAbove = (room) =>
	room === 'engines'
		? [
				...serverRooms(features.filter((feature) => feature !== 'storage')),
				'^(?:\\$lib/server/|(?:\\.\\./){2,})storage(?:/|$)',
			]
		: serverRooms(features);

/** Each server room and the rooms above it, which it may not import. */
const above = {
	db: ['vault', 'audit', 'auth', 'operations', 'docker', 'engines', 'images', 'services', 'trpc', 'http'],
	vault: ['audit', 'auth', 'operations', 'docker', 'engines', 'images', 'services', 'trpc', 'http'],
	audit: ['vault', 'auth', 'operations', 'docker', 'engines', 'images', 'services', 'trpc', 'http'],
	docker: ['db', 'vault', 'audit', 'auth', 'operations', 'engines', 'images', 'services', 'trpc', 'http'],
	engines: ['db', 'vault', 'audit', 'auth', 'operations', 'docker', 'images', 'services', 'trpc', 'http'],
	images: ['vault', 'audit', 'auth', 'operations', 'engines', 'services', 'trpc', 'http'],
	operations: ['vault', 'docker', 'engines', 'images', 'services', 'http'],
	auth: ['operations', 'docker', 'engines', 'images', 'services', 'http'],
	services: ['auth', 'http'],
	http: ['db', 'vault', 'audit', 'operations', 'docker', 'engines', 'images', 'services'],
	trpc: ['vault', 'operations', 'docker', 'engines', 'images', 'services'],
};

/** @type {Partial<Record<string, string>>} */
const why = {
	engines: 'An engine speaks its own protocol only: no Docker, database or feature.',
	docker: 'docker/ knows containers, not what they are for.',
	operations: 'operations/ runs steps; what they do is told to it.',
	services: 'services/ manages containers for whoever asks: who may ask is judged above it.',
	http: 'http/ judges requests; what they are about is looked at behind it.',
};

/** What tests share is never part of the app, and nothing but the process's own entry builds on the command line. */
const neverImported = ['cli', 'testing'];

const server = '(?:^\\$lib|\\.\\.)/server/';

/**
 * `forbids`: regular expressions.
 * @type {{ files: string[], forbids: string[], message: string, allowTypes?: boolean }[]}
 */
const layers = [
	{
		files: ['src/lib/shared/**/*.ts'],
		forbids: ['^\\$lib/', '^\\.\\./'],
		message: 'shared/ imports nothing of ours outside itself.',
	},
	...Object.entries(above).map(([room, rooms]) => ({
		files: [`src/lib/server/${room}/**/*.ts`],
		forbids: [...serverRooms([...rooms, ...neverImported]), ...featuresAbove(room)],
		message: why[room] ?? `Imports point down only: ${room}/ is under these.`,
	})),
	{
		// The one file of its room that gathers the routers of all others.
		files: ['src/lib/server/trpc/router.ts'],
		forbids: serverRooms(['db', 'vault', 'audit', 'docker', 'engines', 'images', ...neverImported]),
		message: 'The router of routers names routers only.',
	},
	...features.map((feature) => ({
		files: [`src/lib/server/${feature}/**/*.ts`],
		forbids: serverRooms([
			...features.filter((other) => other !== feature),
			...['docker', 'images', 'http'],
			...neverImported,
		]),
		message: 'A feature never imports another feature, and reaches containers through services/ only.',
	})),
	{
		files: [
			'src/lib/{components,actions,state,i18n,trpc}/**/*.{ts,svelte}',
			'src/routes/**/*.svelte',
			'src/routes/**/+{page,layout}.ts',
		],
		forbids: [server],
		message: 'Browser code takes types from the server through $lib/trpc/client only.',
		allowTypes: true,
	},
	{
		files: ['src/lib/{state,i18n,trpc}/**/*.ts'],
		forbids: [server, '(?:^\\$lib|\\.\\.)/(?:components|actions)/'],
		message: 'Imports point down only: components and actions are above this.',
		allowTypes: true,
	},
	{
		files: ['src/lib/components/ui/**/*.{ts,svelte}'],
		forbids: [server, '^\\$lib/(?:actions|trpc)/', '^\\$lib/components/(?!ui/)', '^\\.\\./'],
		message: 'components/ui knows nothing of what sh0 is about.',
		allowTypes: true,
	},
	{
		files: ['src/routes/**/+{page,layout}.server.ts'],
		forbids: serverRooms([
			...['db', 'vault', 'docker', 'engines', 'images', 'operations', 'services', ...features],
			...neverImported,
		]),
		message: "A page's server part asks the app or auth/; data comes through the API.",
	},
];

const testFiles = [
	'**/*.test.ts',
	'src/lib/server/testing/**',
	'src/lib/server/cli/**',
	'src/lib/server/app.ts',
	'src/lib/server/*/testing.ts',
];

/**
 * The import rules as flat-config blocks. ESLint lets the last matching block's options win, so each file must meet one block that holds
 * everything: the rooms are therefore combined per layer with all doors of other rooms.
 * @returns {import('eslint').Linter.Config[]}
 */
export function roomRules() {
	const everywhere = restrict(['src/**/*.{ts,svelte}'], doors, []);
	const perLayer = layers.map((layer) => restrict(layer.files, doorsShutFor(layer.files), [layer]));
	const perDoor = doors.map((door) => {
		const files = door.room.endsWith('.ts') ? [door.room] : [`${door.room}/**/*.{ts,svelte}`];
		const owning = layers.filter((layer) => layer.files.some((pattern) => isInside(door.room, pattern)));
		return restrict(
			files,
			doors.filter((other) => other !== door),
			owning,
		);
	});
	return [
		everywhere,
		...perLayer,
		...perDoor,
		{
			files: testFiles,
			rules: { 'no-restricted-imports': 'off', '@typescript-eslint/no-restricted-imports': 'off' },
		},
	];
}

/** @param {string[]} files */
function doorsShutFor(files) {
	return doors.filter((door) => !files.some((pattern) => pattern.startsWith(`${door.room}/`)));
}

/** @param {string} room @param {string} pattern */
function isInside(room, pattern) {
	const root = pattern.split('/**')[0] ?? '';
	const roots = root.includes('{') ? expand(root) : [root];
	return roots.some((candidate) => room === candidate || room.startsWith(`${candidate}/`));
}

/** @param {string} root a path with one {a,b} group */
function expand(root) {
	const [before = '', rest = ''] = root.split('{');
	const [group = '', after = ''] = rest.split('}');
	return group.split(',').map((name) => `${before}${name}${after}`);
}

/**
 * @param {string[]} files
 * @param {typeof doors} shut
 * @param {typeof layers} owning
 * @returns {import('eslint').Linter.Config}
 */
function restrict(files, shut, owning) {
	const paths = shut.flatMap((door) =>
		door.packages.map((name) => ({ name, message: `Only ${door.room} imports ${name}.` })),
	);
	const patterns = owning.map((layer) => ({
		regex: layer.forbids.join('|'),
		message: layer.message,
		allowTypeImports: layer.allowTypes === true,
	}));
	return { files, rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths, patterns }] } };
}
