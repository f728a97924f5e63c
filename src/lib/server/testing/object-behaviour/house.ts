import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { desc } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { MIB } from '$lib/shared/units';
import { auditLog } from '../../db/schema';
import type { StorageEngineDefinition } from '../../engines/storage';
import { versionsHere } from '../images-here';
import { ObjectsPanel } from '../objects-panel';
import { freshName } from '../storage-behaviour';
import { startStorageServer, type StorageServer } from '../storage-server';

export type ObjectHouse = ReturnType<typeof useObjectHouse>;

/** A real server of this engine and a panel with its object browser, for all tests of a file; they are there from the first test on. */
export function useObjectHouse(definition: StorageEngineDefinition) {
	let server: StorageServer;
	let panel: ObjectsPanel;
	let isHere = false;
	const traits = definition.storageAdmin.traits(definition.versions[0]?.version ?? '');
	beforeAll(async () => {
		const versions = definition.versions.map(({ version }) => version);
		isHere = (await versionsHere(definition.id, versions)).length > 0;
		if (!isHere) return;
		server = await startStorageServer(definition, { memoryBytes: 1024 * MIB });
		panel = new ObjectsPanel(definition, server);
		await panel.start();
	});
	beforeEach((context) => context.skip(!isHere, `the image of ${definition.label} is not on this machine`));
	afterAll(async () => {
		await panel?.stop();
		await server?.remove();
	});

	const newBucket = async (): Promise<string> => {
		const bucket = freshName();
		await server.admin().createBucket(bucket);
		return bucket;
	};
	const place = (bucket: string, key: string) => ({ serviceId: panel.serviceId, bucket, key });
	const keysOf = async (bucket: string, prefix = ''): Promise<string[]> => {
		const { objects, prefixes } = await panel.caller().objects.list({
			...{ serviceId: panel.serviceId, bucket, prefix, limit: 1_000 },
		});
		return [...prefixes, ...objects.map(({ key }) => key)];
	};
	const newest = () => panel.app.db.select().from(auditLog).orderBy(desc(auditLog.seq)).get();

	return {
		...{ definition, traits, newBucket, place, keysOf, newest },
		get server() {
			return server;
		},
		get panel() {
			return panel;
		},
	};
}

/** Bytes one after another without ever being all there. */
export function stream(sizeBytes: number): Readable {
	const piece = randomBytes(256 * 1024);
	let left = sizeBytes;
	return new Readable({
		read() {
			if (left <= 0) return void this.push(null);
			const next = left >= piece.length ? piece : piece.subarray(0, left);
			left -= next.length;
			this.push(next);
		},
	});
}

/** A procedure's failure as the AppError behind it. */
export async function asApp<T>(call: Promise<T>): Promise<T> {
	try {
		return await call;
	} catch (error) {
		throw error instanceof Error && error.cause !== undefined ? error.cause : error;
	}
}
