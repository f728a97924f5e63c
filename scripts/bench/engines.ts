/** How one engine is used by hand, beside sh0. */
export type BenchEngine = {
	id: string;
	version: string;
	/** Environment of a plain `docker run`. */
	env: (password: string) => Record<string, string>;
	/** True: a plain server gets the same arguments as sh0's own, so that both do the same work. */
	hasSameArguments: boolean;
	/** The engine's own command line: what comes before a statement, and the variable that holds the password; or why there is none. */
	cli: { argv: string[]; passwordVariable: string } | { missing: string };
	/** What makes database, user and grant number `round`: one call of the command line each. */
	byHand: (round: number) => string[][];
	/** False: its databases are numbered, so that users have rules instead of grants. */
	hasNamedDatabases: boolean;
	/** Text for the command line's standard input that makes so many databases and users, with three grants each, or so many users. */
	many: (count: number) => string;
};

const numbers = (count: number) =>
	Array.from({ length: count }, (_, index) => String(index).padStart(4, '0'));
const each = (count: number, text: (number: string) => string) => numbers(count).map(text).join('\n');
/** A user's three databases: that of its own number and the next two. */
const threeOf = (count: number, number: string, text: (database: string) => string) =>
	[0, 1, 2].map((step) => text(String((Number(number) + step) % count).padStart(4, '0'))).join('\n');

const mysqlLike = (program: string, variable: string): Omit<BenchEngine, 'id' | 'version'> => ({
	env: (password) => ({ [variable]: password }),
	hasSameArguments: true,
	cli: { argv: [program, '-uroot', '-e'], passwordVariable: 'MYSQL_PWD' },
	byHand: (round) => [
		[`CREATE DATABASE theirs_${round}`],
		[`CREATE USER their_user_${round} IDENTIFIED BY 'Kq8_${round}_long_enough'`],
		[`GRANT SELECT, INSERT, UPDATE, DELETE ON \`theirs\\_${round}\`.* TO their_user_${round}`],
	],
	hasNamedDatabases: true,
	many: (count) =>
		[
			each(count, (number) => `CREATE DATABASE many_${number};`),
			each(count, (number) => `CREATE USER 'many_user_${number}'@'%' ACCOUNT LOCK;`),
			each(count, (user) =>
				threeOf(count, user, (database) => `GRANT SELECT ON \`many\\_${database}\`.* TO many_user_${user};`),
			),
		].join('\n'),
});

const redisLike = (program: string): Omit<BenchEngine, 'id' | 'version'> => ({
	env: () => ({}),
	// sh0's names a file in the volume, which a plain server does not have.
	hasSameArguments: false,
	cli: { argv: [program], passwordVariable: 'REDISCLI_AUTH' },
	byHand: (round) => [['ACL', 'SETUSER', `their_user_${round}`, 'on', 'nopass', '~app:*', '+@read']],
	hasNamedDatabases: false,
	many: (count) => each(count, (number) => `ACL SETUSER many_user_${number} on nopass ~app:* +@read`),
});

/** Each is measured when its image is on this machine. */
export const benchEngines: BenchEngine[] = [
	{
		...{ id: 'postgres', version: '18', hasSameArguments: true },
		env: (password) => ({ POSTGRES_PASSWORD: password }),
		cli: { argv: ['psql', '-U', 'postgres', '-c'], passwordVariable: 'PGPASSWORD' },
		byHand: (round) => [
			[`CREATE DATABASE theirs_${round}`],
			[`CREATE ROLE their_user_${round} LOGIN`],
			[`GRANT CONNECT ON DATABASE theirs_${round} TO their_user_${round}`],
		],
		hasNamedDatabases: true,
		many: (count) =>
			[
				each(count, (number) => `CREATE DATABASE many_${number};`),
				each(count, (number) => `CREATE ROLE many_user_${number} LOGIN;`),
				each(count, (user) =>
					threeOf(
						count,
						user,
						(database) => `GRANT CONNECT ON DATABASE many_${database} TO many_user_${user};`,
					),
				),
			].join('\n'),
	},
	{ id: 'mysql', version: '9', ...mysqlLike('mysql', 'MYSQL_ROOT_PASSWORD') },
	{ id: 'mariadb', version: '11.8', ...mysqlLike('mariadb', 'MARIADB_ROOT_PASSWORD') },
	{ id: 'redis', version: '8', ...redisLike('redis-cli') },
	{ id: 'valkey', version: '9', ...redisLike('valkey-cli') },
	{
		...{ id: 'mongodb', version: '8', hasSameArguments: true },
		env: (password) => ({ MONGO_INITDB_ROOT_USERNAME: 'root', MONGO_INITDB_ROOT_PASSWORD: password }),
		...{ cli: { missing: 'its command line takes no password but as an argument' }, byHand: () => [] },
		...{ hasNamedDatabases: true, many: () => '' },
	},
	{
		...{ id: 'ferretdb', version: '2', hasSameArguments: true },
		env: (password) => ({ MONGO_INITDB_ROOT_USERNAME: 'root', MONGO_INITDB_ROOT_PASSWORD: password }),
		...{
			cli: { missing: 'its image has no command line' },
			byHand: () => [],
			hasNamedDatabases: true,
			many: () => '',
		},
	},
];
