import { formatNumber } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import type { ImageAvailability } from '$lib/shared/services';
import type { EngineOffer, VersionOffer } from './service';

/** What loads of the catalogue depend on. */
export const catalogueKey = 'sh0:catalogue';

const availabilitySentences: Record<ImageAvailability, () => string> = {
	present: m.availability_present,
	pullable: m.availability_pullable,
	buildable: m.availability_buildable,
	unavailable: m.availability_unavailable,
	unknown: m.availability_unknown,
};

/** Where a version's image would come from, as a person needs to know it before choosing. */
export function availabilitySentence({ availability, buildMinutes }: VersionOffer): string {
	return availability === 'buildable' && buildMinutes !== null
		? m.availability_buildable_minutes({ minutes: formatNumber(buildMinutes) })
		: availabilitySentences[availability]();
}

/** The versions that can be had here, or may turn out to be. */
export function usableVersions(engine: EngineOffer): VersionOffer[] {
	return engine.versions.filter(({ availability }) => availability !== 'unavailable');
}

/** What a person gets who leaves the version to the page: the advised one where it can be had, else the first that can. */
export function advisedVersion(engine: EngineOffer): VersionOffer | undefined {
	const usable = usableVersions(engine);
	return usable.find(({ isDefault }) => isDefault) ?? usable[0];
}

/** How an engine is had at best, whichever version it takes: what is here already comes first. */
export function bestAvailability(engine: EngineOffer): ImageAvailability {
	const bestFirst = ['present', 'pullable', 'buildable', 'unknown'] as const;
	return (
		bestFirst.find((best) => engine.versions.some(({ availability }) => availability === best)) ??
		'unavailable'
	);
}

/** The engine that stands chosen at first: the first one that can be had without a warning. */
export function advisedEngine(engines: readonly EngineOffer[]): EngineOffer | undefined {
	const plain = engines.filter(({ notice }) => notice === null);
	return plain.find((engine) => usableVersions(engine).length > 0) ?? plain[0] ?? engines[0];
}
