namespace Adit.Hub.Inspector;

/// <summary>What a listener may see and wants to.</summary>
/// <param name="Account">The account it acts for.</param>
/// <param name="IsAdmin">Whether it may see what others own.</param>
/// <param name="Tunnel">Only events of this tunnel; null for all.</param>
/// <param name="Requests">Also the requests of this tunnel; null for none.</param>
internal sealed record EventFilter(string Account, bool IsAdmin, string? Tunnel, string? Requests)
{
    public bool MaySee(string account) => IsAdmin || Account == account;
}
