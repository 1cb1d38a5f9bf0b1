"""What can go wrong, as a small tree. Every message says where, what value and which rule.

DnsanomError                 exit 1: a failure
├── BadUseError              exit 2: bad use, the caller can mend it by another call or setting
│   ├── SettingsError        an environment variable or params.yaml
│   └── RuleError            a label rule that can't be read
├── DecodeError              an export that can't be read as flows
│   └── UnfinishedError      one whose end is missing: still being written, or cut short
├── StoreError               the object store
│   ├── StoreAwayError       nothing answers at the endpoint
│   ├── StoreDeniedError     the credentials are refused
│   ├── StoreEmptyError      nothing is under the prefix
│   │   └── NoBucketError    the bucket is missing
│   └── ObjectGoneError      an object was removed or replaced since it was listed
├── LedgerError              the ledger's database
│   └── LeaseLostError       an export was leased by somebody else meanwhile
├── QualityError             the expectations can't be run
├── DatasetError             a data set can't be made of what the lake holds
├── RegistryError            the MLflow store or registry
│   ├── NoChampionError      no model has been promoted for this view yet
│   └── OutdatedModelError   a model that another version of dnsanom made
└── ServerError              a local server that does not start or stop
    └── PortTakenError       somebody else listens on the port
"""


class DnsanomError(Exception):
    """A failure that ends a command on one line; `exit_code` is the process's exit status."""

    exit_code = 1


class BadUseError(DnsanomError):
    """The command, a setting or a rule is wrong."""

    exit_code = 2


class SettingsError(BadUseError):
    """An environment variable or a parameter is unknown, missing or out of bounds."""


class RuleError(BadUseError):
    """A label rule can't be parsed or names a column that its view does not have."""


class DecodeError(DnsanomError):
    """An export can't be read as flows."""


class UnfinishedError(DecodeError):
    """The end of an export is missing: its collector still writes it, or it was cut short."""


class StoreError(DnsanomError):
    """The object store answered with an error."""


class StoreAwayError(StoreError):
    """Nothing answers at the store's endpoint."""


class StoreDeniedError(StoreError):
    """The store refuses the credentials."""


class StoreEmptyError(StoreError):
    """The bucket does not exist, or holds nothing under the prefix."""


class NoBucketError(StoreEmptyError):
    """The bucket does not exist."""


class ObjectGoneError(StoreError):
    """An object was removed or replaced since it was listed."""


class LedgerError(DnsanomError):
    """The ledger can't be opened, read or written."""


class LeaseLostError(LedgerError):
    """The lease of an export is over, and it is another's to finish."""


class QualityError(DnsanomError):
    """The expectations can't be run."""


class DatasetError(DnsanomError):
    """A data set can't be made of what the lake holds."""


class RegistryError(DnsanomError):
    """The MLflow store or registry failed."""


class NoChampionError(RegistryError):
    """No model of the view has the alias `champion` yet."""


class OutdatedModelError(RegistryError):
    """A model was made by another version of dnsanom, so a new one has to be promoted."""


class ServerError(DnsanomError):
    """A local server does not start or stop."""


class PortTakenError(ServerError):
    """Somebody else listens on the port that a local server needs."""


def one_line(error: object) -> str:
    """What an error says, or any other text of many lines, on one line."""
    return " ".join(str(error).split())
