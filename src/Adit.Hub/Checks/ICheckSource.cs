using Adit.Api;

namespace Adit.Hub.Checks;

/// <summary>A part of the hub that looks at itself when somebody asks. Each slice has its own, and knows what to do about what it finds.</summary>
internal interface ICheckSource
{
    /// <summary>Looks. Takes seconds at most, changes nothing, and throws only what is a defect.</summary>
    Task<IReadOnlyList<Check>> LookAsync(CancellationToken cancellationToken);
}
