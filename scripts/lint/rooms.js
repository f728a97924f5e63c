/**
 * Which room may import what (docs/architecture.md). Each entry becomes one `no-restricted-imports` block for the files of that room.
 * Patterns are matched against the import's text, so both `$lib/...` and relative forms are listed.
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
	{ packages: ['bits-ui'], room: 'src/lib/components/ui' },
	{ packages: ['trpc-sveltekit', 'trpc-sveltekit/websocket'], room: 'src/hooks.server.ts' },
];

const features = ['databases', 'projects', 'activity'];

/** @param {string} name a folder of src/lib/server */
const serverRoom = (name) => [
	`$lib/server/${name}`,
	`$lib/server/${name}/**`,
	`**/../${name}/**`,
	`../${name}/**`,
	`../../${name}/**`,
];

/** @type {{ files: string[], forbids: string[], message: string, allowTypes?: boolean }[]} */
const layers = [
	{
		files: ['src/lib/shared/**/*.ts'],
		forbids: ['$lib/**', '../**'],
		message: 'shared/ imports nothing of ours outside itself.',
	},
	{
		files: ['src/lib/server/engines/**/*.ts'],
		forbids: [
			'docker',
			'db',
			'services',
			'operations',
			'auth',
			'audit',
			'vault',
			'trpc',
			...features,
		].flatMap(serverRoom),
		message: 'An engine speaks its own protocol only: no Docker, database or feature.',
	},
	{
		files: ['src/lib/server/docker/**/*.ts'],
		forbids: [
			'db',
			'services',
			'operations',
			'auth',
			'audit',
			'vault',
			'trpc',
			'images',
			...features,
		].flatMap(serverRoom),
		message: 'docker/ knows containers, not what they are for.',
	},
	{
		files: ['src/lib/server/{db,vault,audit}/**/*.ts'],
		forbids: ['services', 'operations', 'trpc', 'docker', 'engines', 'images', ...features].flatMap(
			serverRoom,
		),
		message: 'Imports point down only: db, vault and audit are under everything.',
	},
	{
		files: ['src/lib/server/operations/**/*.ts'],
		forbids: ['services', 'engines', 'docker', 'images', ...features].flatMap(serverRoom),
		message: 'operations/ runs steps; what they do is told to it.',
	},
	...features.map((feature) => ({
		files: [`src/lib/server/${feature}/**/*.ts`],
		forbids: features.filter((other) => other !== feature).flatMap(serverRoom),
		message: 'A feature never imports another feature.',
	})),
	{
		files: [
			'src/lib/{components,actions,state,i18n,trpc}/**/*.{ts,svelte}',
			'src/routes/**/*.svelte',
			'src/routes/**/+{page,layout}.ts',
		],
		forbids: ['$lib/server/**', '**/server/**'],
		message: 'Browser code takes types from the server through $lib/trpc/client only.',
		allowTypes: true,
	},
];

const testFiles = [
	'**/*.test.ts',
	'src/lib/server/testing/**',
	'src/lib/server/cli/**',
	'src/lib/server/app.ts',
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
		group: layer.forbids,
		message: layer.message,
		allowTypeImports: layer.allowTypes === true,
	}));
	return { files, rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths, patterns }] } };
}
