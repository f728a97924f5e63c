import { AppError } from '../errors';
import { CALL_LIMITS_MS, isDockerStatus, type DockerClient } from './client';
import { LABEL, labelFilter, type Labels } from './labels';

export type VolumeState = { name: string; labels: Labels };

/** Volumes of one instance. */
export class Volumes {
	readonly #docker: DockerClient;
	readonly #instanceId: string;

	constructor(docker: DockerClient, instanceId: string) {
		this.#docker = docker;
		this.#instanceId = instanceId;
	}

	/** Makes it if need be; `created` tells whether it is new and so empty. Throws INTERNAL when the name is not ours. */
	async ensure(request: { name: string; labels: Labels }): Promise<{ created: boolean }> {
		if (await this.inspect(request.name)) return { created: false };
		const labels = { ...request.labels, [LABEL.instance]: this.#instanceId };
		await this.#docker.call({ what: 'create volume', limitMs: CALL_LIMITS_MS.write }, (abortSignal) =>
			this.#docker.engine.createVolume({ Name: request.name, Labels: labels, abortSignal }),
		);
		// Docker hands out an existing volume of that name in silence: only ours will do.
		if (!(await this.inspect(request.name))) {
			throw new AppError('INTERNAL', { message: `volume ${request.name} is not ours` });
		}
		return { created: true };
	}

	/** The volume if it exists and is ours, else null. */
	async inspect(name: string): Promise<VolumeState | null> {
		try {
			const info = await this.#docker.call({ what: 'inspect volume', isLook: true }, () =>
				this.#docker.engine.getVolume(name).inspect(),
			);
			const labels = info.Labels ?? {};
			return labels[LABEL.instance] === this.#instanceId ? { name: info.Name, labels } : null;
		} catch (error) {
			if (isDockerStatus(error, 404)) return null;
			throw error;
		}
	}

	async list(labels: Labels = {}): Promise<VolumeState[]> {
		const filters = labelFilter({ ...labels, [LABEL.instance]: this.#instanceId });
		const found = await this.#docker.call({ what: 'list volumes', isLook: true }, () =>
			this.#docker.engine.listVolumes({ filters }),
		);
		return (found.Volumes ?? []).map((info) => ({ name: info.Name, labels: info.Labels ?? {} }));
	}

	/** Removes it and its data; fine when it is gone. */
	async remove(name: string): Promise<void> {
		if (!(await this.inspect(name))) return;
		try {
			await this.#docker.call({ what: 'remove volume', limitMs: CALL_LIMITS_MS.removeVolume }, () =>
				this.#docker.engine.getVolume(name).remove(),
			);
		} catch (error) {
			if (!isDockerStatus(error, 404)) throw error;
		}
	}
}
