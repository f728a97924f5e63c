import { WebSocket } from 'ws';
import { createClient, toApiError, type Client } from '../../src/lib/trpc/client';

/** A client of the panel at `SH0_URL`, and the project that the token `SH0_TOKEN` is of. Throws when one of them is missing. */
export async function open(): Promise<{ sh0: Client; projectId: string }> {
	const { SH0_URL: url, SH0_TOKEN: token } = process.env;
	if (!url || !token) throw new Error('Set SH0_URL and SH0_TOKEN.');
	const sh0 = createClient({ url, token, WebSocket });
	const [project] = await sh0.projects.list.query();
	if (!project) throw new Error('this token sees no project');
	return { sh0, projectId: project.id };
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

/** Says why a script ended, and ends it as failed. */
export function failed(error: unknown): void {
	const { code, field } = toApiError(error);
	console.error(code === 'INTERNAL' ? error : `sh0 answered ${code}${field ? ` for ${field}` : ''}`);
	process.exitCode = 1;
}
