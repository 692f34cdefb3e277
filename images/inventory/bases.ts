import { basesIn } from "../build/containerfile";
import { keyOf, type Lock, readLock } from "./lock";
import { byDigest, withoutDigest } from "./reference";

/** Build arguments that hold the bases of a Containerfile to the lock; one without a digest there stays as it is. */
export function lockedBases(containerfile: string, lock: Lock = readLock()): string[] {
    const digests = new Map(lock.bases.map((each) => [keyOf(each), each.digest]));
    return basesIn(containerfile).flatMap(({ argument, ref }) => {
        const digest = digests.get(withoutDigest(ref));
        return digest ? ["--build-arg", `${argument}=${byDigest(ref, digest)}`] : [];
    });
}
