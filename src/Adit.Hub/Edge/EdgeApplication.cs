using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Tls;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Adit.Hub.Edge;

/// <summary>Decides by host who serves a request: a route, the hub's own pipeline, or nobody.</summary>
internal sealed class EdgeApplication<TInner>(
    IHttpApplication<TInner> inner, RouteTable routes, PathRoutes? paths, OwnHosts own, Forwarder forwarder, EdgeRedirect? redirect)
    : IHttpApplication<EdgeApplication<TInner>.Context>
    where TInner : notnull
{
    public Context CreateContext(IFeatureCollection contextFeatures)
    {
        var context = Reuse(contextFeatures);
        var request = contextFeatures.Get<IHttpRequestFeature>()!;
        var authority = request.Headers.Host.ToString();
        var host = HostName.Of(authority);
        context.Location = redirect?.LocationFor(contextFeatures, request, authority);
        if (context.Location is not null)
        {
            context.Features = contextFeatures;
            return context;
        }

        if (paths?.IsHost(host) == true && !IsChallenge(request))
            return OnPathHost(context, paths, contextFeatures, request, authority);
        context.Route = routes.Find(host);
        context.IsOwn = (context.Route is null && own.Contains(host)) || IsChallenge(request);
        if (context.IsOwn)
            context.Inner = inner.CreateContext(contextFeatures);
        else
            context.Visit.Begin(contextFeatures, request, authority);
        return context;
    }

    public Task ProcessRequestAsync(Context context)
    {
        // Sockets complete inline: this is the thread that polls them. The hub's own handlers may block on its database, so they leave it.
        if (context.Location is { } location)
            return EdgeRedirect.AnswerAsync(context.Features!, location);
        if (context.IsOwn)
            return Task.Run(() => inner.ProcessRequestAsync(context.Inner!));
        return context.Route is { } route ? forwarder.ForwardAsync(context.Visit, route) : forwarder.RefuseUnknownHostAsync(context.Visit);
    }

    public void DisposeContext(Context context, Exception? exception)
    {
        if (context.Location is not null)
            context.Features = null;
        else if (context.IsOwn)
            inner.DisposeContext(context.Inner!, exception);
        else
            context.Visit.End();
        context.Inner = default;
        context.Route = null;
    }

    private static Context Reuse(IFeatureCollection features)
    {
        if (features is not IHostContextContainer<Context> container)
            return new Context();
        return container.HostContext ??= new Context();
    }

    private static Context OnPathHost(Context context, PathRoutes paths, IFeatureCollection features, IHttpRequestFeature request, string authority)
    {
        context.IsOwn = false;
        if (PathPlace.Of(RequestTarget.OriginForm(request.RawTarget)) is { Rest: not ['/', ..] } bare)
        {
            context.Location = $"{bare.Prefix}/{bare.Rest}"; // Without the slash a page's relative addresses would be those of its neighbours.
            context.Features = features;
            return context;
        }

        context.Visit.Begin(features, request, authority);
        context.Route = paths.Lead(context.Visit);
        return context;
    }

    private bool IsChallenge(IHttpRequestFeature request) =>
        request.Path.StartsWith(AcmeChallengeAnswers.PathPrefix, StringComparison.Ordinal)
        && own.AnswersChallenge is { } answers
        && answers(request.Path[AcmeChallengeAnswers.PathPrefix.Length..]);

    /// <summary>Kept by Kestrel with the visitor's connection and used for each of its requests.</summary>
    internal sealed class Context
    {
        public Visit Visit { get; } = new();

        public Route? Route { get; set; }

        public bool IsOwn { get; set; }

        public TInner? Inner { get; set; }

        /// <summary>Where the visitor is sent instead of being served.</summary>
        public string? Location { get; set; }

        public IFeatureCollection? Features { get; set; }
    }
}
