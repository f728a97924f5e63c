import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '$lib/shared/units';
import type { Db } from '../db/client';
import type { Docker } from '../docker';
import { AppError } from '../errors';
import { promisedMemoryBytes } from './repository';

const TTL_MS = 60_000;

/** Kept back for the system, Docker and the panel: a tenth of the machine, at least 512 MiB. */
export function reservedBytes(machineBytes: number): number {
	return Math.max(512 * MIB, Math.floor(machineBytes / 10));
}

export type MemoryBudget = {
	machineBytes: number;
	reservedBytes: number;
	/** What services outside the trash may take, running or not. */
	promisedBytes: number;
	leftBytes: number;
};

/** As `df` counts: what is kept for root is neither free nor part of the whole. */
export type DiskSpace = { totalBytes: number; freeBytes: number };

/** Space on a disk of a given file system, in bytes. */
export function diskSpace({
	bavail,
	bfree,
	blocks,
	bsize,
}: Record<'bavail' | 'bfree' | 'blocks' | 'bsize', number>): DiskSpace {
	return { totalBytes: (blocks - bfree + bavail) * bsize, freeBytes: bavail * bsize };
}

/** The machine behind Docker and how its memory is given away. */
export class Machine {
	readonly #docker: Docker;
	#known: { bytes: number; dataDir: string; atMs: number } | null = null;

	constructor(docker: Docker) {
		this.#docker = docker;
	}

	/** Bytes of memory. Throws DOCKER_UNAVAILABLE. */
	async memoryBytes(): Promise<number> {
		return (await this.#look()).bytes;
	}

	/** The disk that volumes lie on; null when it cannot be seen from here, or Docker does not answer. */
	async disk(): Promise<DiskSpace | null> {
		try {
			const { dataDir } = await this.#look();
			if (dataDir === '') return null;
			return diskSpace(await statfs(join(dataDir, 'volumes')).catch(() => statfs(dataDir)));
		} catch {
			return null;
		}
	}

	/**
	 * What a storage server uses, with the disk as the machine sees it: engines count theirs in different ways. As the engine tells where
	 * the disk cannot be seen from here.
	 */
	async withDisk<T extends { diskTotalBytes: number | null; diskFreeBytes: number | null }>(
		usage: T,
	): Promise<T> {
		const disk = await this.disk();
		return disk ? { ...usage, diskTotalBytes: disk.totalBytes, diskFreeBytes: disk.freeBytes } : usage;
	}

	async #look(): Promise<{ bytes: number; dataDir: string }> {
		if (this.#known && Date.now() - this.#known.atMs < TTL_MS) return this.#known;
		const { memoryBytes: bytes, dataDir } = await this.#docker.info();
		this.#known = { bytes, dataDir, atMs: Date.now() };
		return this.#known;
	}

	/** What it was when last asked, for pages that must not wait. */
	lastMemoryBytes(): number | null {
		return this.#known?.bytes ?? null;
	}
}

/** How much may still be promised; `exceptId` is the service whose own share is given anew. */
export function memoryBudget(db: Db, machineBytes: number, exceptId?: string): MemoryBudget {
	const reserved = reservedBytes(machineBytes);
	const promisedBytes = promisedMemoryBytes(db, exceptId);
	const leftBytes = Math.max(0, machineBytes - reserved - promisedBytes);
	return { machineBytes, reservedBytes: reserved, promisedBytes, leftBytes };
}

/** Throws MEMORY_TOO_SMALL or NOT_ENOUGH_MEMORY, with the numbers. */
export function assertMemory(memoryBytes: number, minBytes: number, budget: MemoryBudget): void {
	const field = 'memoryBytes';
	if (memoryBytes < minBytes) throw new AppError('MEMORY_TOO_SMALL', { field, details: { minBytes } });
	if (memoryBytes > budget.leftBytes) {
		const { leftBytes, machineBytes } = budget;
		throw new AppError('NOT_ENOUGH_MEMORY', { field, details: { leftBytes, machineBytes, memoryBytes } });
	}
}
