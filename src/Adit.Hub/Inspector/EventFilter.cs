using Adit.Hub.Access.Permissions;

namespace Adit.Hub.Inspector;

/// <summary>What a listener may see and wants to.</summary>
/// <param name="Account">The account it acts for.</param>
/// <param name="MaySee">Whether it may see what belongs so, as of now. Must not block.</param>
/// <param name="MayInspect">Whether it may also see what visitors said to what belongs so. Must not block.</param>
/// <param name="MaySeeTask">Whether it may see tasks that belong so, as of now. Must not block.</param>
/// <param name="Tunnel">Only events of this tunnel; null for all.</param>
/// <param name="Task">Only events of this task; null for all.</param>
/// <param name="Requests">Also the requests of this tunnel; null for none.</param>
internal sealed record EventFilter(string Account, Func<Owned, bool> MaySee, Func<Owned, bool> MayInspect, Func<Owned, bool> MaySeeTask, string? Tunnel, string? Requests, string? Task);
