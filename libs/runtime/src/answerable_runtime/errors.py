"""What can go wrong in the runtime.

RuntimeFault
├── Transient            raise it (or list a type as transient on the route) to be tried again
├── BrokerUnavailable    a publish or an admin call did not get through; whether it took effect is unknown
├── EffectsUnavailable   the effect store did not do what an operator asked; services work without it
├── LeasesUnavailable    the store of leases does not answer
├── StateOutdated        a batch handler found that its state is not what holds any more: it is loaded again
├── StartUpRefused       settings or declarations under which messages could be lost
├── UndeclaredOutput     a handler returned an event that its route does not declare: a bug, treated as one
└── TooManyFailures      unexpected exceptions beyond the budget: stop rather than turn the topic into dead letters
"""


class RuntimeFault(Exception):
    """Base of the runtime's own exceptions."""


class Transient(RuntimeFault):
    """Something outside is down or overloaded; the same message may succeed later."""


class BrokerUnavailable(RuntimeFault):
    """The broker did not confirm in time."""


class EffectsUnavailable(RuntimeFault):
    """The effect store does not answer, or refuses."""


class LeasesUnavailable(RuntimeFault):
    """The store of leases does not answer; later it may."""


class StateOutdated(RuntimeFault):
    """Somebody else has changed what the handler's state is a cache of."""


class StartUpRefused(RuntimeFault):
    """A configuration that cannot keep the delivery promises."""


class UndeclaredOutput(RuntimeFault):
    """The topics registry, and with it the rights of the service, do not provide for this event."""


class TooManyFailures(RuntimeFault):
    """Unexpected exceptions beyond the budget."""
