import { live } from "./life.js";
const [from = "1", count = "20"] = process.argv.slice(2);
const total = new Map();
const started = process.cpuUsage();
let events = 0;
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
    try {
        const s = await live({
            seed,
            nodes: 5,
            virtualMinutes: 10,
            shrinkRuns: Number(process.argv[4] ?? 0),
        });
        events += s.events;
        for (const [k, n] of s.sometimes)
            total.set(k, (total.get(k) ?? 0) + n);
    }
    catch (error) {
        console.log(String(error).slice(0, Number(process.argv[5] ?? 300)));
    }
}
const { user, system } = process.cpuUsage(started);
console.log(events / Number(count), (user + system) / 1000 / Number(count));
console.log([...total]
    .sort()
    .map(([k, n]) => `${n} ${k}`)
    .join("\n"));
//# sourceMappingURL=main.js.map