/** What a run found and did. */
export type Report = {
	isDockerUp: boolean;
	started: string[];
	stopped: string[];
	repaired: string[];
	dataLost: string[];
	drifted: string[];
	/** Removals that had failed half way, taken up again. */
	removed: string[];
	purged: string[];
	removedContainers: string[];
	removedNetworks: string[];
	/** Volumes of ours that belong to no service; data is never removed unasked. */
	orphanVolumes: string[];
};

export function emptyReport(): Report {
	return {
		isDockerUp: true,
		...{ started: [], stopped: [], repaired: [], dataLost: [], drifted: [], removed: [], purged: [] },
		...{ removedContainers: [], removedNetworks: [], orphanVolumes: [] },
	};
}
