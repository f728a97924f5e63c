import { MIB } from '$lib/shared/units';
import type { SettingValues } from '$lib/shared/settings';
import { Secret } from '../../secret';
import { ENTRYPOINT_CAPABILITIES, SERVER_UID, tmpOptions } from '../container';
import type { ContainerSpec, SeedFile } from '../engine';
import type { Flavor } from './flavor';
import { ROOT_USER } from './names';
import { DEFAULT_DATABASES } from './settings';
import { passwordRule } from './users/digest';

const folder = '/data';

/**
 * Half of the container's limit: a fork for a snapshot or a rewritten log copies what is written meanwhile, and under full load more
 * than half is killed for want of memory.
 */
export function maxMemoryBytes(memoryBytes: number): number {
	return Math.floor(memoryBytes / 2);
}

function configFile(flavor: Flavor): string {
	return `${flavor.id}.conf`;
}

/** How a container looks: the official image's contract on a read-only root file system. */
export function containerSpec(flavor: Flavor, settings: SettingValues): ContainerSpec {
	// Given every time: the configuration file keeps the last one.
	const databases = ['--databases', String(settings.databases ?? DEFAULT_DATABASES)];
	return {
		env: {},
		command: [flavor.server, `${folder}/${configFile(flavor)}`, ...databases],
		volumePath: folder,
		port: 6379,
		capabilities: ENTRYPOINT_CAPABILITIES,
		tmpfs: { '/tmp': tmpOptions(16) },
		shmSizeBytes: 64 * MIB,
		stopSignal: 'SIGTERM',
		stopTimeoutSeconds: 60,
		pidsLimit: 100,
	};
}

/**
 * The server's configuration, which it rewrites itself whenever users or settings change. Root's password is in it as a digest only,
 * and no user without a password is ever let in from outside. Changes are logged, so that a crash loses the last second at most.
 */
export function seedFiles(
	flavor: Flavor,
	input: { memoryBytes: number; bootstrapPassword: Secret },
): SeedFile[] {
	const lines = [
		`user ${ROOT_USER} on ${passwordRule(input.bootstrapPassword)} ~* &* +@all`,
		`dir ${folder}`,
		'port 6379',
		'protected-mode yes',
		'daemonize no',
		`maxmemory ${maxMemoryBytes(input.memoryBytes)}`,
		// The volume is empty: over one with a snapshot only, the server would come up empty.
		'appendonly yes',
		'appendfsync everysec',
	];
	const content = new Secret(`${lines.join('\n')}\n`);
	return [{ path: configFile(flavor), content, mode: 0o600, uid: SERVER_UID, gid: SERVER_UID }];
}
