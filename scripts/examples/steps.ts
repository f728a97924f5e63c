import { WebSocket } from 'ws';
import { createClient, toApiError, type Client } from '../../src/lib/trpc/client';

export type Panel = { sh0: Client; projectId: string };

/**
 * Does the work with a client of the panel at `SH0_URL`, in the project that the token `SH0_TOKEN` is of, and with the command's arguments.
 * What goes wrong is said on stderr and ends the script as failed.
 */
export async function run(work: (panel: Panel, args: string[]) => Promise<void>): Promise<void> {
	const { SH0_URL: url, SH0_TOKEN: token } = process.env;
	if (!url || !token) return fail(new Error('Set SH0_URL and SH0_TOKEN.'));
	const sh0 = createClient({ url, token, WebSocket });
	try {
		const [project] = await sh0.projects.list.query();
		if (!project) throw new Error('this token sees no project');
		await work({ sh0, projectId: project.id }, process.argv.slice(2));
	} catch (error) {
		fail(error);
	} finally {
		// Its live connection would keep the script running.
		sh0.close();
	}
}

/** Follows the operation live and resolves once it has succeeded. */
export function follow(sh0: Client, operationId: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const subscription = sh0.operations.watch.subscribe(
			{ operationId },
			{
				onData({ kind, status, steps }) {
					const step = steps.find((one) => one.status === 'running');
					console.error(`${kind}: ${status}${step ? ` (${step.key})` : ''}`);
					if (status === 'running') return;
					subscription.unsubscribe();
					if (status === 'succeeded') resolve();
					else reject(new Error(`${kind} ended as ${status}`));
				},
				onError: reject,
			},
		);
	});
}

/** The version of this engine that the catalogue offers first. Throws when none can be had on this machine. */
export async function newestVersion(sh0: Client, projectId: string, engineId: string): Promise<string> {
	const { engines } = await sh0.services.catalogue.query({ projectId });
	const versions = engines.find(({ id }) => id === engineId)?.versions ?? [];
	const usable = versions.filter(({ availability }) => availability !== 'unavailable');
	const chosen = usable.find(({ isDefault }) => isDefault) ?? usable[0];
	if (!chosen) throw new Error(`no version of ${engineId} can be had on this machine`);
	return chosen.version;
}

function fail(error: unknown): void {
	const { code, field } = toApiError(error);
	console.error(code === 'INTERNAL' ? error : `sh0 answered ${code}${field ? ` for ${field}` : ''}`);
	process.exitCode = 1;
}
