// The policy pack: `pulumi preview --policy-pack policy`. One policy a file; what each is for: docs/policy.md.
import { PolicyPack } from "@pulumi/policy";

import { decodeOnce } from "./lib/decode-once";
import { resourcePolicies, stackPolicies } from "./policies";

decodeOnce();
new PolicyPack("data-platform", { policies: [...resourcePolicies, ...stackPolicies], enforcementLevel: "mandatory" });
