package program

import (
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
)

// Times of an election that a busy node doesn't break: those that the chart's values name as defaults.
var (
	leaseDuration = 60 * time.Second
	renewDeadline = 40 * time.Second
	retryPeriod   = 15 * time.Second
)

// Election holds the flags of a program of which one at a time works.
type Election struct{ namespace string }

// NewElection adds the flags of an election.
func NewElection(flags *Flags) *Election {
	election := &Election{}
	flags.StringVar(&election.namespace, "leader-election-namespace", "kube-system", "namespace of the lease")
	return election
}

// Options of a manager that works while it holds the lease, and gives it back at its end: the next one needn't wait for it to run
// out. The name is the one that the chart's roles allow.
func (election *Election) Options(lease string, scheme *runtime.Scheme) ctrl.Options {
	return ctrl.Options{
		Scheme:                        scheme,
		LeaderElection:                true,
		LeaderElectionID:              lease,
		LeaderElectionNamespace:       election.namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &leaseDuration,
		RenewDeadline:                 &renewDeadline,
		RetryPeriod:                   &retryPeriod,
	}
}
