import { z } from 'zod';

/** One sample. CPU use is the difference of two: see `cpuPercent`. */
export type RawStats = {
	at: Date;
	cpuNs: number;
	/** The whole machine's CPU time at the same moment, over all cores. */
	systemCpuNs: number;
	cpus: number;
	/** Without the page cache that can be given back. */
	memoryBytes: number;
	memoryLimitBytes: number;
};

const statsSchema = z.object({
	read: z.string(),
	cpu_stats: z.object({
		cpu_usage: z.object({ total_usage: z.number() }),
		system_cpu_usage: z.number().optional(),
		online_cpus: z.number().optional(),
	}),
	memory_stats: z.object({
		usage: z.number().optional(),
		limit: z.number().optional(),
		stats: z
			.object({ total_inactive_file: z.number().optional(), inactive_file: z.number().optional() })
			.optional(),
	}),
});

/** Reads Docker's answer; null for a container that does not run (Docker then leaves the numbers out). */
export function parseStats(answer: unknown): RawStats | null {
	const parsed = statsSchema.safeParse(answer);
	if (!parsed.success || parsed.data.memory_stats.usage === undefined) return null;
	const { cpu_stats: cpu, memory_stats: memory, read } = parsed.data;
	const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
	return {
		at: new Date(read),
		cpuNs: cpu.cpu_usage.total_usage,
		systemCpuNs: cpu.system_cpu_usage ?? 0,
		cpus: cpu.online_cpus ?? 1,
		memoryBytes: Math.max(0, (memory.usage ?? 0) - cache),
		memoryLimitBytes: memory.limit ?? 0,
	};
}

/** CPU use between two samples in percent of one core (200 = two whole cores); null when they do not follow each other. */
export function cpuPercent(before: RawStats, after: RawStats): number | null {
	const used = after.cpuNs - before.cpuNs;
	const passed = after.systemCpuNs - before.systemCpuNs;
	if (used < 0 || passed <= 0) return null;
	return (used / passed) * after.cpus * 100;
}
