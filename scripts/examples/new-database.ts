/**
 * The main job as a script: a PostgreSQL server, a database, a user who may read and write, and what an app needs to connect.
 *
 *   SH0_URL=http://localhost:3000 SH0_TOKEN=sh0_… npx tsx scripts/examples/new-database.ts shop-prod shop
 *
 * The token needs the scopes read, manage and secrets (Settings, API tokens). Progress goes to stderr, the variables to stdout.
 */
import { follow, newestVersion, run, type Panel } from './steps';

const memoryBytes = 256 * 1024 * 1024;

async function main(
	{ sh0, projectId }: Panel,
	[serverName = 'shop-prod', database = 'shop']: string[],
): Promise<void> {
	const { operationId, serviceId } = await sh0.services.create.mutate({
		projectId,
		engine: 'postgres',
		version: await newestVersion(sh0, projectId, 'postgres'),
		name: serverName,
		memoryBytes,
	});
	await follow(sh0, operationId);

	const user = `${database}_app`;
	await sh0.databases.create.mutate({ serviceId, name: database });
	await sh0.databaseUsers.create.mutate({ serviceId, name: user, grants: [{ database, level: 'write' }] });
	const connection = await sh0.services.connection.query({ serviceId, database, userName: user });
	const password = await sh0.secrets.reveal.mutate({ serviceId, kind: 'databaseUser', name: user });

	console.log(`PGHOST=${connection.host}`);
	console.log(`PGPORT=${connection.port}`);
	console.log(`PGDATABASE=${database}`);
	console.log(`PGUSER=${user}`);
	console.log(`PGPASSWORD=${password.value}`);
}

await run(main);
