/**
 * The main job of file storage as a script: a Garage server, a bucket, a key that may read and write in it, and what an app needs to upload.
 *
 *   SH0_URL=http://localhost:3000 SH0_TOKEN=sh0_… npx tsx scripts/examples/new-bucket.ts files uploads
 *
 * The token needs the scopes read, manage and secrets (Settings, API tokens). Progress goes to stderr, the variables to stdout.
 */
import { follow, newestVersion, run, type Panel } from './steps';

const memoryBytes = 256 * 1024 * 1024;

async function main(
	{ sh0, projectId }: Panel,
	[serverName = 'files', bucket = 'uploads']: string[],
): Promise<void> {
	const { operationId, serviceId } = await sh0.services.create.mutate({
		projectId,
		engine: 'garage',
		version: await newestVersion(sh0, projectId, 'garage'),
		name: serverName,
		memoryBytes,
	});
	await follow(sh0, operationId);

	await sh0.buckets.create.mutate({ serviceId, name: bucket });
	const key = await sh0.storageKeys.create.mutate({
		serviceId,
		description: `${bucket} app`,
		permissions: [{ bucket, read: true, write: true, owner: false }],
	});
	const { uri, storage } = await sh0.services.connection.query({ serviceId });

	console.log(`AWS_ENDPOINT_URL_S3=${uri}`);
	console.log(`AWS_REGION=${storage?.region}`);
	console.log(`AWS_BUCKET=${bucket}`);
	console.log(`AWS_ACCESS_KEY_ID=${key.id}`);
	console.log(`AWS_SECRET_ACCESS_KEY=${key.secret}`);
}

await run(main);
