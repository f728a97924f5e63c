import { createHash } from 'node:crypto';
import { MIB } from '$lib/shared/units';
import { OWN_KEY_PREFIX } from '$lib/shared/storage-names';
import { Secret } from '../../secret';
import type { SeedFile } from '../engine';
import { confined, seedFile, seedFolder } from '../s3-family/container';
import type { PortsByRole, SeedFolder, StorageContainerSpec } from '../storage';

const folder = '/data';
const accountsFile = 'sh0/accounts.json';

/** In the accounts' file of the very first start alone. */
export const BOOTSTRAP_USER = 'sh0-bootstrap';
/** An account that the server keeps itself, so that its secret can be changed while it runs. */
export const ADMIN_USER = 'sh0-admin';

/** Buckets, accounts and objects are all asked for on one port. */
const PORT = 8_333;
const ports = { s3: PORT, admin: PORT } satisfies PortsByRole;

/**
 * A bucket's objects lie in files of its own of this size, so it is also what each bucket may leave unused. Their number is limited by the
 * disk's size alone.
 */
const VOLUME_MIB = 64;

/** What an upload may take in memory, and what the server takes without any. */
const UPLOAD_MIB = 48;
const BASE_MIB = 128;

/** The access key id that goes with a secret of root's: another secret is another id, so that both work while one takes over. */
export function rootKeyId(secret: Secret): string {
	const hash = createHash('sha256').update(`sh0 root key id ${secret.reveal()}`).digest('hex');
	return OWN_KEY_PREFIX + hash.slice(0, 17).toUpperCase();
}

/**
 * How a container looks. Only S3 asks who is there, so only it listens on more than the container itself (images/seaweedfs).
 */
export function containerSpec({ memoryBytes }: { memoryBytes: number }): StorageContainerSpec {
	const memoryMib = Math.floor(memoryBytes / MIB);
	const options = {
		dir: `${folder}/store`,
		ip: '127.0.0.1',
		'ip.bind': '127.0.0.1',
		's3.port': PORT,
		// Without this file, and as long as there is no account, everybody might do everything.
		's3.config': `${folder}/${accountsFile}`,
		's3.iam.readOnly': false,
		// An app's key may otherwise make itself more keys.
		's3.iam.selfServiceRequiresGrant': true,
		's3.allowDeleteBucketNotEmpty': false,
		's3.autoCreateBucket': false,
		// A slash would be written in its place, and perhaps over another object.
		's3.allowBackslashInKey': true,
		// Others wait: it would take as many as come, until the memory is full and it is killed.
		's3.concurrentFileUploadLimit': Math.max(4, Math.floor((memoryMib - BASE_MIB) / UPLOAD_MIB)),
		's3.readerCacheSizeMB': Math.max(32, Math.floor(memoryMib / 8)),
		// Web pages may use a bucket when its own rules say so.
		's3.allowedOrigins': '',
		's3.port.iceberg': 0,
		's3.port.lance': 0,
		webdav: false,
		'admin.ui': false,
		'admin.port.legacy': 0,
		'master.telemetry': false,
		'master.volumeSizeLimitMB': VOLUME_MIB,
	};
	return {
		env: {
			// The collector works harder before the limit is met.
			GOMEMLIMIT: `${Math.floor(memoryMib * 0.8)}MiB`,
		},
		command: [
			...['/usr/bin/weed', '-logtostderr=true', 'mini'],
			...Object.entries(options).map(([name, value]) => `-${name}=${value}`),
		],
		volumePath: folder,
		port: PORT,
		ports,
		...confined,
	};
}

/**
 * The store's folder, and the accounts that are there from the first moment beside it: one for the first start, none for later ones. Even
 * an empty file makes the server ask everybody who they are.
 */
export function files({
	bootstrapPassword,
}: {
	bootstrapPassword: Secret | null;
}): (SeedFile | SeedFolder)[] {
	const identities = bootstrapPassword
		? [
				{
					name: BOOTSTRAP_USER,
					credentials: [{ accessKey: rootKeyId(bootstrapPassword), secretKey: bootstrapPassword.reveal() }],
					actions: ['Admin'],
				},
			]
		: [];
	return [
		seedFolder('store'),
		seedFolder('sh0'),
		seedFile(accountsFile, new Secret(JSON.stringify({ identities }))),
	];
}
