using Adit.Hub.Edge.Forwarding;

namespace Adit.Hub.Edge.Gate;

/// <summary>How a gate refuses.</summary>
internal sealed class GateRefusal
{
    /// <summary>Somebody else might pass: sign in.</summary>
    public static readonly GateRefusal SignIn = new(ForwardError.SignInNeeded);

    /// <summary>A page of another site caused it.</summary>
    public static readonly GateRefusal Forged = new(ForwardError.CrossSite);

    /// <summary>Whoever it is may not; said as if there were nothing there.</summary>
    public static readonly GateRefusal NotAllowed = new(ForwardError.NotAllowed);

    private GateRefusal(ForwardError error) => Error = error;

    /// <summary>What is answered.</summary>
    public ForwardError Error { get; }

    /// <summary>Answers.</summary>
    public Task AnswerAsync(Visit visit, Route route, Gatekeeper gate)
    {
        visit.Fail(Error);
        if (this != SignIn)
            return ErrorAnswer.WriteAsync(visit);

        // Who was given the tunnel's own password or token has no account to sign in with.
        if (gate.Parts.Dance is { } dance && route.Policy is { BasicAuthHash: null, VisitorTokenHash: null } && CrossSite.IsNavigation(visit))
        {
            dance.Start(visit, route, visit.Request.RawTarget);
            return Task.CompletedTask;
        }

        return SignInAnswer.WriteAsync(visit, route, gate.Parts.Dance is not null);
    }
}
