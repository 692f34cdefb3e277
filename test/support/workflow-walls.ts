// Walls between what anybody may push and what deploys: each function says what breaks its rule, a line each.
import {
    before,
    callersOf,
    environmentOf,
    environmentsOf,
    inputValues,
    jobsIn,
    type Placed,
    powersOf,
    type Repository,
    stepsIn,
    textOf,
    throwaway,
    unmergedEvents,
} from "./workflow-graph";
import { type Step } from "./workflows";

const label = ({ workflow, name }: Placed) => `${workflow}/${name}`;
const runs = (repository: Repository, { job }: Placed) => stepsIn(repository, job).flatMap(({ run }) => run ?? []);
const isThrowaway = ({ job }: Placed) => environmentOf(job) === throwaway;

/** Nothing that has a secret or may write packages runs code that isn't on main, but for the environment that is made for it. */
export function strangerProblems(repository: Repository): string[] {
    return jobsIn(repository).flatMap((placed) => {
        const events = unmergedEvents(repository, placed.workflow).filter((event) => event !== "workflow_run");
        if (events.length === 0) return [];
        const powers = powersOf(placed);
        const bad = isThrowaway(placed)
            ? powers.filter((power) => !["a secret", `the environment ${throwaway}`, "id-token: write"].includes(power))
            : powers;
        return bad.map((power) => `${label(placed)} has ${power}, and runs on ${events.join(", ")}`);
    });
}

/** The workflow's own token may write packages where they are deployed from: it is no login for a pull request's images. */
export function registryProblems(repository: Repository): string[] {
    return jobsIn(repository).flatMap((placed) => {
        const found: string[] = [];
        const logins = (placed.job.steps ?? []).map((step) =>
            textOf(step.with?.["registry-password"] ?? step.with?.password),
        );
        if (isThrowaway(placed) && logins.some((text) => text.includes("github.token")))
            found.push(`${label(placed)} signs in to the registry by the repository's token`);
        const writes = powersOf(placed).includes("packages: write") && placed.job.uses === undefined;
        if (writes && !runs(repository, placed).includes("make images-sign"))
            found.push(`${label(placed)} may write packages, and builds none`);
        return found;
    });
}

const gated = "${{ needs.commit.outputs.commit }}";
const mainsOwn = "${{ github.event.repository.default_branch }}";

/** A job with powers checks out main's own commit, or the one that a job without any found to be on main. */
export function refProblems(repository: Repository): string[] {
    return jobsIn(repository).flatMap((placed) => [
        ...(powersOf(placed).length > 0 && !isThrowaway(placed) ? checkoutProblems(repository, placed) : []),
        ...askedProblems(repository, placed),
    ]);
}

function checkoutProblems(repository: Repository, placed: Placed): string[] {
    const { workflow, job } = placed;
    const checkouts = (job.steps ?? []).filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    return checkouts.flatMap((step) => {
        const ref = step.with?.ref === undefined ? mainsOwn : textOf(step.with.ref);
        const given = ref === "${{ inputs.ref }}" ? inputValues(repository, workflow, "ref") : [ref];
        if (given.length === 0) return [`${label(placed)} checks out what nobody gives it`];
        return given
            .filter((each) => each !== mainsOwn && each !== gated)
            .map((each) => `${label(placed)} checks out ${each || "what the event is about"}`);
    });
}

/** Tells whether a job looks if a commit is on main. */
const looks = (repository: Repository, placed: Placed) =>
    runs(repository, placed).some((run) => run.startsWith("npx data-platform github commit"));

/** Checks that typed input is read by the job that looks whether it is on main, and that job has nothing to lose. */
function askedProblems(repository: Repository, placed: Placed): string[] {
    const { workflow, name, job } = placed;
    const isGate = looks(repository, placed);
    const gate = repository.workflows[workflow].jobs?.commit;
    const trusts = JSON.stringify(job).includes(gated);
    const isCalled = callersOf(repository, workflow).length > 0;
    const reads = !isCalled && /inputs\.ref|inputs\['ref|head_ref|pull_request\.head\.sha/.test(JSON.stringify(job));
    const output = job.outputs?.commit;
    return [
        ...(trusts && !(gate && looks(repository, { workflow, name: "commit", job: gate }))
            ? [`${workflow}/${name} takes a commit from a job that looks at none`]
            : []),
        ...(reads && !isGate ? [`${workflow}/${name} takes a ref that nobody has looked at`] : []),
        ...(isGate && powersOf(placed).length > 0
            ? [`${workflow}/${name} looks at a ref and has ${powersOf(placed).join()}`]
            : []),
        ...(isGate && output !== "${{ steps.commit.outputs.commit }}"
            ? [`${workflow}/${name} gives on another commit`]
            : []),
    ];
}

/** Every environment but the throw-away one is looked at before a job runs in it. */
export function protectionProblems(repository: Repository, reviewed: string[]): string[] {
    return jobsIn(repository).flatMap((placed) => {
        if (isThrowaway(placed)) return [];
        return environmentsOf(repository, placed).flatMap((environment) => {
            const flag = reviewed.includes(environment) ? "--reviewed" : "--environment";
            const wanted = new RegExp(`^npx data-platform github protection (?:.* )?${flag} ${environment}(?: |$)`);
            const ways = before(repository, placed);
            const open = ways.filter(
                (way) => !way.some((each) => runs(repository, each).some((run) => wanted.test(run))),
            );
            return open.length > 0
                ? [`${label(placed)} runs in ${environment}, at whose protection nobody has looked`]
                : [];
        });
    });
}

/** A job with powers takes nothing out of a cache, which others fill. */
export function cacheProblems(repository: Repository): string[] {
    return jobsIn(repository).flatMap((placed) =>
        powersOf(placed).length === 0
            ? []
            : stepsIn(repository, placed.job)
                  .filter(caches)
                  .map(({ uses }) => `${label(placed)} takes from a cache by ${uses?.split("@")[0]}`),
    );
}

/** Tells whether a step uses a cache; a condition on an input that wasn't given is taken for what it is. */
function caches({
    uses = "",
    if: condition,
    with: settings = {},
    given,
}: Step & { given?: Record<string, unknown> }): boolean {
    if (uses.startsWith("actions/cache")) {
        return !(condition === "inputs.cache == 'true'" && given !== undefined && given.cache !== "true");
    }
    // These have caches of their own; the first two without being asked.
    if (uses.startsWith("actions/setup-node@"))
        return settings["package-manager-cache"] !== false || "cache" in settings;
    if (uses.startsWith("actions/setup-go@")) return settings.cache !== false;
    return uses.startsWith("actions/setup-") && "cache" in settings;
}

/** Jobs that sign: of what is deployed, and of what is published. */
const signing = ["images/build", "release/images"];

/**
 * Checks that every update of a stack holds others' images to the lock and ours to the digests and signatures of the job that builds them.
 */
export function imageProblems(repository: Repository): string[] {
    const builders = jobsIn(repository).filter((each) => runs(repository, each).includes("make images-sign"));
    return [
        ...signing.filter((each) => !builders.map(label).includes(each)).map((each) => `${each} signs no images`),
        ...builders.filter((each) => !signing.includes(label(each))).map((each) => `${label(each)} signs images, too`),
        ...builders.flatMap((builder) => builderProblems(repository, builder)),
        ...jobsIn(repository).flatMap((placed) => {
            const all = runs(repository, placed);
            const update = all.findIndex((run) => / make deploy\b/.test(run));
            if (update < 0) return [];
            const earlier = (command: string) => all.slice(0, update).includes(command);
            const env = (placed.job as { env?: Record<string, unknown> }).env ?? {};
            const deploys = builders.filter(({ workflow }) => workflow === "images");
            const signers = deploys.map(({ job }) => (job as { env?: Record<string, unknown> }).env?.SIGNER);
            return [
                ...(earlier("make images-check") ? [] : ["doesn't hold others' images to the lock"]),
                ...(earlier("make images-verify") ? [] : ["doesn't verify signatures"]),
                ...(String(env.DATA_PLATFORM_IMAGE_DIGESTS).includes("'images.digests.json'")
                    ? []
                    : ["deploys by tag"]),
                ...(signers.includes(env.SIGNER) ? [] : ["asks for another signer than the one who signs"]),
                ...(placed.job.needs?.includes("images") ? [] : ["doesn't wait for the images"]),
            ].map((problem) => `${label(placed)} ${problem}`);
        }),
    ];
}

function builderProblems(repository: Repository, builder: Placed): string[] {
    const all = runs(repository, builder);
    const { SIGNER: signer } = (builder.job as { env?: Record<string, unknown> }).env ?? {};
    const own = `/.github/workflows/${builder.workflow}.yml@refs/heads/${mainsOwn}`;
    const uploads = (builder.job.steps ?? []).filter(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
    const push = all.indexOf("make images PUSH=1 MISSING=1");
    return [
        ...(push >= 0 && push < all.indexOf("make images-sign") ? [] : ["signs what it has not built"]),
        ...(String(signer).endsWith(own) ? [] : ["signs as somebody else than itself on main"]),
        ...(uploads.some((step) => step.with?.path === "images.digests.json") ? [] : ["keeps no digests"]),
    ].map((problem) => `${label(builder)} ${problem}`);
}
