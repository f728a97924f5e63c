/**
 * The main job of file storage as a script: a Garage server, a bucket, a key that may read and write in it, and what an app needs to upload.
 *
 *   SH0_URL=http://localhost:3000 SH0_TOKEN=sh0_… npx tsx scripts/examples/new-bucket.ts files uploads
 *
 * The token needs the scopes read, manage and secrets (Settings, API tokens). Progress goes to stderr, the variables to stdout.
 */
import { WebSocket } from 'ws';
import { createClient } from '../../src/lib/trpc/client';
import { failed, follow, newestVersion } from './steps';

const memoryBytes = 256 * 1024 * 1024;

async function main([serverName = 'files', bucket = 'uploads']: string[]): Promise<void> {
	const { SH0_URL: url, SH0_TOKEN: token } = process.env;
	if (!url || !token) throw new Error('Set SH0_URL and SH0_TOKEN.');
	const sh0 = createClient({ url, token, WebSocket });

	const [project] = await sh0.projects.list.query();
	if (!project) throw new Error('this token sees no project');
	const { operationId, serviceId } = await sh0.services.create.mutate({
		projectId: project.id,
		engine: 'garage',
		version: await newestVersion(sh0, project.id, 'garage'),
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
	// The live connection would keep the script running.
	process.exit();
}

main(process.argv.slice(2)).catch(failed);
