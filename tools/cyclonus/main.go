// Command cyclonus asks cyclonus' matcher about every connection that could be tried in a cluster: each pod and each address
// outside, to each of them, on each port. The command of cyclonus' own answers one question at a time, in tables for people.
//
// It reads one world as JSON from standard input, and writes what is allowed, and which pods no policy selects, as JSON to
// standard output. What a policy means is cyclonus' word alone; here are only loops.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

// end is where a connection begins or ends: a pod, or an address outside when it has no namespace.
type end struct {
	Name            string            `json:"name"`
	IP              string            `json:"ip"`
	Namespace       string            `json:"namespace"`
	NamespaceLabels map[string]string `json:"namespaceLabels"`
	Labels          map[string]string `json:"labels"`
	// Its named ports.
	Ports []struct {
		Name     string        `json:"name"`
		Port     int           `json:"port"`
		Protocol core.Protocol `json:"protocol"`
	} `json:"ports"`
}

type port struct {
	Port     int           `json:"port"`
	Protocol core.Protocol `json:"protocol"`
}

type world struct {
	Policies []*networking.NetworkPolicy `json:"policies"`
	Ends     []end                       `json:"ends"`
	Ports    []port                      `json:"ports"`
}

// way is one connection that at least one of its two sides allows.
type way struct {
	From     int           `json:"from"`
	To       int           `json:"to"`
	Port     int           `json:"port"`
	Protocol core.Protocol `json:"protocol"`
	Egress   bool          `json:"egress"`
	Ingress  bool          `json:"ingress"`
	// Policies, as namespace/name, that allow it on the side of the one who begins, and of the one who is called.
	EgressBy  []string `json:"egressBy"`
	IngressBy []string `json:"ingressBy"`
}

type answer struct {
	Ways []way `json:"ways"`
	// Ends, pods all of them, that no policy selects: everything is open to them.
	WithoutEgress  []int `json:"withoutEgress"`
	WithoutIngress []int `json:"withoutIngress"`
}

func main() {
	var asked world
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, "standard input is no world:", err)
		os.Exit(1)
	}
	for _, policy := range asked.Policies {
		withDefaults(policy)
	}
	if err := json.NewEncoder(os.Stdout).Encode(ask(asked)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// withDefaults fills in what the API server would: which directions a policy is about, when it doesn't say.
func withDefaults(policy *networking.NetworkPolicy) {
	if len(policy.Spec.PolicyTypes) > 0 {
		return
	}
	policy.Spec.PolicyTypes = []networking.PolicyType{networking.PolicyTypeIngress}
	if len(policy.Spec.Egress) > 0 {
		policy.Spec.PolicyTypes = append(policy.Spec.PolicyTypes, networking.PolicyTypeEgress)
	}
}

func ask(asked world) answer {
	all := matcher.BuildNetworkPolicies(false, asked.Policies)
	inward, outward := eachAlone(asked.Policies)
	found := answer{Ways: []way{}, WithoutEgress: []int{}, WithoutIngress: []int{}}
	for from, source := range asked.Ends {
		if source.Namespace != "" {
			if len(all.TargetsApplyingToPod(false, source.Namespace, source.Labels)) == 0 {
				found.WithoutEgress = append(found.WithoutEgress, from)
			}
			if len(all.TargetsApplyingToPod(true, source.Namespace, source.Labels)) == 0 {
				found.WithoutIngress = append(found.WithoutIngress, from)
			}
		}
		for to, target := range asked.Ends {
			if source.Namespace == "" && target.Namespace == "" {
				continue
			}
			for _, door := range asked.Ports {
				traffic := &matcher.Traffic{
					Source:           source.peer(),
					Destination:      target.peer(),
					ResolvedPort:     door.Port,
					ResolvedPortName: target.portName(door),
					Protocol:         door.Protocol,
				}
				result := all.IsTrafficAllowed(traffic)
				if result.Egress.IsAllowed() || result.Ingress.IsAllowed() {
					found.Ways = append(found.Ways, way{
						From: from, To: to, Port: door.Port, Protocol: door.Protocol,
						Egress: result.Egress.IsAllowed(), Ingress: result.Ingress.IsAllowed(),
						EgressBy:  outward.allowing(result.Egress, traffic.Destination, traffic),
						IngressBy: inward.allowing(result.Ingress, traffic.Source, traffic),
					})
				}
			}
		}
	}
	return found
}

func (e end) peer() *matcher.TrafficPeer {
	if e.Namespace == "" {
		return &matcher.TrafficPeer{IP: e.IP}
	}
	return &matcher.TrafficPeer{
		IP: e.IP,
		Internal: &matcher.InternalPeer{
			PodLabels: e.Labels, NamespaceLabels: e.NamespaceLabels, Namespace: e.Namespace,
		},
	}
}

func (e end) portName(door port) string {
	for _, named := range e.Ports {
		if named.Port == door.Port && named.Protocol == door.Protocol {
			return named.Name
		}
	}
	return ""
}

// alone is what each policy by itself makes of one direction; cyclonus joins policies that select the same pods.
type alone map[*networking.NetworkPolicy]*matcher.Target

func eachAlone(policies []*networking.NetworkPolicy) (inward alone, outward alone) {
	inward, outward = alone{}, alone{}
	for _, policy := range policies {
		inward[policy], outward[policy] = matcher.BuildTarget(policy)
	}
	return inward, outward
}

// allowing names the policies among those which cyclonus found that allow the connection by themselves.
func (a alone) allowing(result *matcher.DirectionResult, peer *matcher.TrafficPeer, traffic *matcher.Traffic) []string {
	names := []string{}
	for _, target := range result.AllowingTargets {
		for _, policy := range target.SourceRules {
			name := policy.Namespace + "/" + policy.Name
			if !slices.Contains(names, name) &&
				a[policy].Allows(peer, traffic.ResolvedPort, traffic.ResolvedPortName, traffic.Protocol) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}
