import { faultKinds } from "reign/testing";
const kib = 1024;
/** So that their bounds are met. The times are the defaults. */
const smallQueues = { maxMessageBytes: 160 * kib, maxPendingBytes: 256 * kib };
export function drawProfile(chance) {
    const settings = chance.below(2) === 0 ? smallQueues : { maxMessageBytes: 160 * kib };
    const pace = chance.duration(1_500, 6_000);
    const which = chance.below(10);
    if (which === 0) {
        const kinds = ["partition", "one_way"];
        return { name: "silence", kinds, meanGap: 60_000, settings, pace };
    }
    if (which === 1) {
        return {
            name: "standstill",
            kinds: ["pause"],
            meanGap: 20_000,
            longest: 30_000,
            settings,
            pace,
        };
    }
    if (which === 2)
        return { name: "twin", kinds: ["twin"], meanGap: 60_000, settings, pace };
    const kinds = chance.some(faultKinds);
    return { name: "mixed", kinds, meanGap: chance.duration(3_000, 60_000), settings, pace };
}
//# sourceMappingURL=profile.js.map