const counted = /^\{"tries":(\d{1,9}),/;

/** How many attempts an entry stands for that were only counted; null for an action of its own. */
export function triesOf({ detail }: { detail: string | null }): number | null {
	const tries = counted.exec(detail ?? '')?.[1];
	return tries === undefined ? null : Number(tries);
}
